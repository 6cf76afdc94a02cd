"""The stories of geopush in the marketer's words, over the whole running service."""
