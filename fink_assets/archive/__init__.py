"""science to light curves and objects."""
