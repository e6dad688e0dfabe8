"""Notices of GCN, Fermi/GBM's and LVK's, with or without a counterpart among simulated alerts.

What happened is an `Event`; `fermi` and `lvk` write the notice that tells of it, `choice` finds
events in a stream of alerts, `night` puts their notices into it. Kafka is not known here.
"""
