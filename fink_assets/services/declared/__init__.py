"""The remote catalogues that may be asked: one file for each origin. Declarations only."""
