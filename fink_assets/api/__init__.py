"""The archive over HTTP: Fink's REST API in its two flavours, what became of an alert, cone search.

Pure core: arguments of a request become a query, its rows an answer. The web server is a thin shell
around it (`server`), every table is read through `archive`. No Spark, no Dagster.
"""
