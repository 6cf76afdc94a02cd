"""What zones look like on the wire, for the documentation; `zones` reads them."""

from typing import Annotated, Literal

from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Meta, Struct, UnsetType

from zones import Problem

MEDIA_TYPE = "application/geo+json"
MEDIA_TYPES = (MEDIA_TYPE, "application/json")

Position = Annotated[list[float], Meta(min_length=2, max_length=4)]
Ring = Annotated[list[Position], Meta(min_length=4)]
Rings = Annotated[list[Ring], Meta(min_length=1)]
Label = Annotated[str, Meta(min_length=1, max_length=128)]


class Point(Struct, tag_field="type", tag="Point"):
    """The middle of a round zone; its `radius` is a property."""

    coordinates: Position


class Polygon(Struct, tag_field="type", tag="Polygon"):
    """A zone with edges, and perhaps with holes."""

    coordinates: Rings


class MultiPolygon(Struct, tag_field="type", tag="MultiPolygon"):
    """A zone in several parts."""

    coordinates: Annotated[list[Rings], Meta(min_length=1)]


class Properties(Struct):
    """The settings of a zone; what is left out is left to the deployment."""

    name: Annotated[str, Meta(max_length=300)] | None = None
    group: Label | None = None
    tags: Annotated[list[Label], Meta(max_length=64)] | None = None
    radius: Annotated[float, Meta(ge=10, le=10_000)] | None = None
    dwell_seconds: Annotated[int, Meta(ge=1, le=604_800)] | None = None
    approach_meters: Annotated[float, Meta(gt=0, le=50_000)] | None = None
    min_confidence: Annotated[int, Meta(ge=1, le=3)] | None = None
    exit_confirmations: Annotated[int, Meta(ge=1, le=10)] | None = None
    timezone: str | None = None
    opening_hours: dict[str, object] | None = None
    muted_until: str | None = None
    enabled: bool | None = None
    metadata: dict[str, str | float | bool | None] | None = None


class Feature(Struct):
    """A zone: a Polygon, a MultiPolygon, or a Point with a `radius`."""

    type: Literal["Feature"]
    geometry: Point | Polygon | MultiPolygon
    properties: Properties | None = None
    id: Annotated[str, Meta(pattern="^[A-Za-z0-9._:-]{1,128}$")] | None = None


class Features(Struct):
    """Many zones."""

    type: Literal["FeatureCollection"]
    features: list[Feature]


class ShownFeature(Struct):
    """A zone as it is shown; it can be put back as it is.

    `warnings`, after a PUT, name what was not kept.
    """

    type: str
    id: str
    geometry: dict[str, object]
    properties: dict[str, object]
    revision: int
    warnings: list[Problem] | UnsetType = UNSET


class FeatureCollection(Struct):
    """Zones, and the cursor that asks for more."""

    features: list[dict[str, object]]
    next_cursor: str | None = None
    type: str = "FeatureCollection"


def documented(kind: type, *statuses: int) -> dict[int, ResponseSpec]:
    """Document what a route of zones answers when it has done as it was told."""
    return {
        status: ResponseSpec(
            kind, generate_examples=False, description="Done", media_type=MEDIA_TYPE
        )
        for status in statuses
    }
