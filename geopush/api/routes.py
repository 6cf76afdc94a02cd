"""All routes of the door, in the order in which they are documented."""

from geopush.api import (
    consents,
    customers,
    decisions,
    devices,
    health,
    keys,
    messages,
    offers,
    pings,
    preferences,
    receipts,
    results,
    stop,
    weather,
    zones,
)

ROUTES = (
    *pings.ROUTES,
    *devices.ROUTES,
    *receipts.ROUTES,
    *zones.ROUTES,
    *offers.ROUTES,
    *results.ROUTES,
    *weather.ROUTES,
    *customers.ROUTES,
    *consents.ROUTES,
    *preferences.ROUTES,
    *stop.ROUTES,
    *messages.ROUTES,
    *decisions.ROUTES,
    *keys.ROUTES,
    *health.ROUTES,
)
