"""Lets ``python -m geopush`` be the command."""

from geopush.cli import main

main()
