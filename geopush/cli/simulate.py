"""geopush simulate."""
