"""Are an alert, a batch, the pipeline, a packet what they should be? Four questions, four ways."""
