"""Stand-ins for the world: gateways, weather and a street full of phones."""
