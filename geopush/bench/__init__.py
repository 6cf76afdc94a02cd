"""How fast the zone index is, measured on this machine with anybody's zones."""
