"""Is an alert usable, is a batch plausible, is the pipeline whole: three questions, three ways."""
