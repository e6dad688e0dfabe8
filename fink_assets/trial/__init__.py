"""The platform tried out on this machine: a demonstration, measurements, and what they show.

Outside the pipeline: they send alerts, look at the ledger and the topics, and compute nothing that
the pipeline needs.
"""
