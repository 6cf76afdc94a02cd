"""Geofences: read them, index them, ask which cover a point.

>>> parsed = parse_zones(body)                    # GeoJSON; all problems at once
>>> index = build_index(parsed.zones)
>>> covering = index.covering(longitudes, latitudes)
>>> inside = [index.zone(n).name for n in covering.numbers[: covering.offsets[1]]]
>>> index = index.with_changes(added=more_zones, removed=["shop-7"])
"""

from zones.answers import Covering, Nearness
from zones.cells import (
    cell_of,
    centre_of,
    has_compiler,
    kept_kernel,
    load_kernel,
    neighbours,
    rehearse,
)
from zones.circle import circle
from zones.errors import Code, Problem, UnknownZone, ZoneError
from zones.geojson import Parsed, parse_zone, parse_zones
from zones.geometry import Area, Box, Point
from zones.hours import OpeningHours, Span, is_open, parse_opening_hours
from zones.index import IndexKind, ZoneIndex, build_index
from zones.limits import Limits
from zones.reread import reread_zones
from zones.table import Kernel
from zones.timezone import time_zone
from zones.writing import to_feature
from zones.zone import Zone, ZoneId

__all__ = [
    "Area",
    "Box",
    "Code",
    "Covering",
    "IndexKind",
    "Kernel",
    "Limits",
    "Nearness",
    "OpeningHours",
    "Parsed",
    "Point",
    "Problem",
    "Span",
    "UnknownZone",
    "Zone",
    "ZoneError",
    "ZoneId",
    "ZoneIndex",
    "build_index",
    "cell_of",
    "centre_of",
    "circle",
    "has_compiler",
    "is_open",
    "kept_kernel",
    "load_kernel",
    "neighbours",
    "parse_opening_hours",
    "parse_zone",
    "parse_zones",
    "rehearse",
    "reread_zones",
    "time_zone",
    "to_feature",
]
