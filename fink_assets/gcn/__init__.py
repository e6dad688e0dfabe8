"""Notices of the General Coordinates Network (GCN), and the alerts that may belong to them.

`notice` says what a notice is, `voevent`, `lvk` and `parse` read one, `skymap` looks places up in a
map, `chance`, `tiers` and `associate` judge alerts. All of these are pure. `messages`, `received`
and `associations` know the lake, `assets` knows Dagster.
"""
