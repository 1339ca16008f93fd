"""How messages leave. A channel is one file and one line in `registry`."""
