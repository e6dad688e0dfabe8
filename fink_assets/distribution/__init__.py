"""science to topics: send each alert to the filters it passes, exactly once."""
