"""Kafka, Spark and Dagster on this machine, without Docker: for laptops, tests and demonstrations.

Each service is a module that turns itself into the service (`python -m resources.embedded.kafka`);
`processes` starts, watches and stops them. A cluster needs none of this: there, addresses are
settings.
"""
