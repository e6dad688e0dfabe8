"""What the pipeline talks to (Spark, Kafka).

They return plain data and know no table. `embedded` runs the services themselves on this machine.
"""
