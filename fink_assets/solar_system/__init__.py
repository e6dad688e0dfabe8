"""science to the bodies of the Solar System, night by night."""
