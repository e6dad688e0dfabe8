"""Rubin's bands, from short to long wavelengths, as packets spell them."""

BANDS = ("u", "g", "r", "i", "z", "y")
