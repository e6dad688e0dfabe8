"""Kafka to raw: archive every message, and set aside what does not decode."""
