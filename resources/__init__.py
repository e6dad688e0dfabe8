"""What the pipeline talks to (Spark, Kafka, catalogues), as Dagster resources.

They return plain data and know no table. `embedded` runs the services themselves on this machine.
"""
