"""The way out: messages to phones, through Apple and Google."""
