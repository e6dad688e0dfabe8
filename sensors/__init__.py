"""When things happen: streaming sensors, night close, maintenance, failures."""
