"""The catalogues that set-up fetches: one file each. Declarations only."""
