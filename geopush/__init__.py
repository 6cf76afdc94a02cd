"""Location pings and weather in, the right offer out."""
