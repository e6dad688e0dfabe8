"""Objects that two surveys see at one place.

`cells` divides the sky, `pairs` finds and writes counterparts, `assets` knows Dagster.
"""
