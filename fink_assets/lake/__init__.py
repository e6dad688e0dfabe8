"""The lake: what its tables promise, and the one way to read and write them."""
