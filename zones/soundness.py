"""Whether a polygon is a proper shape, and if not, where and how to mend it."""

import re

import shapely

from zones.errors import Code, Problem
from zones.geometry import Shape

_DRAW_AGAIN = "Draw it so that its edges meet only at their ends."
# what GEOS says of an invalid polygon -> our code, our words, what helps
_REASONS = {
    "Self-intersection": (Code.CROSSING_EDGES, "Edges cross here.", _DRAW_AGAIN),
    "Ring Self-intersection": (
        Code.CROSSING_EDGES,
        "The ring touches itself here.",
        _DRAW_AGAIN,
    ),
    "Hole lies outside shell": (
        Code.HOLE_OUTSIDE,
        "A hole lies outside its polygon.",
        "Make it a polygon of its own, in a MultiPolygon.",
    ),
    "Holes are nested": (
        Code.NESTED_HOLES,
        "A hole lies within another hole.",
        "Leave the inner one out.",
    ),
    "Nested shells": (
        Code.NESTED_PARTS,
        "A part lies within another part.",
        "Leave the inner one out.",
    ),
}
_SPOKEN = re.compile(r"(?P<reason>[^\[]+)\[(?P<lon>\S+) (?P<lat>\S+)\]")


def find_flaw(shape: Shape, path: str) -> Problem | None:
    """Return the first thing that is wrong with a shape; it is never repaired."""
    if shapely.is_valid(shape):
        return None
    spoken = shapely.is_valid_reason(shape)
    named = _SPOKEN.fullmatch(spoken)
    reason = named["reason"] if named else spoken
    fallback = Code.BROKEN_SHAPE, f"This is no proper shape: {reason}.", _DRAW_AGAIN
    code, text, mend = _REASONS.get(reason, fallback)
    at = (_on_map(float(named["lon"])), float(named["lat"])) if named else None
    return Problem(path, code, text, at, mend)


def _on_map(longitude: float) -> float:
    if -180 <= longitude <= 180:
        return longitude
    return (longitude + 180) % 360 - 180
