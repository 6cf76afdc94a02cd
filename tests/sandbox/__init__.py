"""The stand-ins, asked over the wire."""
