"""The tests of geopush and zones."""
