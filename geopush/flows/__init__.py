"""The loops: read what is known, ask the core, write what it says."""
