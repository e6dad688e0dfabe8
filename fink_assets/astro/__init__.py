"""Time, nights, coordinates and photometry. Pure functions, no Spark, no Dagster."""
