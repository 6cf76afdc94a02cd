"""The gateways, against stand-ins that speak as Apple and Google do."""
