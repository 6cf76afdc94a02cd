"""Apps behind the door that are measured, each built in a server process of its own."""
