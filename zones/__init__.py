"""Geofences: read them, index them, ask which cover a point."""
