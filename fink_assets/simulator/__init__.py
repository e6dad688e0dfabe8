"""Real alerts sent again: fetched once, kept as the survey's messages, replayed to Kafka.

Nothing here belongs to the pipeline: it stands where the telescope stands.
"""
