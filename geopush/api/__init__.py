"""The door: HTTP in, HTTP out; decodes, checks who is asking, hands on."""
