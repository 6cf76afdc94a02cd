"""Moments in few bytes: rows keep many, and most of them are never looked at.

A time is eight bytes of microseconds since 1970, so that hundreds are read and written
as one value and only become objects where somebody asks.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

WIDTH = 8  # bytes a time
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE = struct.Struct(">q")


def micros(at: datetime) -> int:
    """Return the microseconds since 1970."""
    since = at - _EPOCH  # dividing one timedelta by another takes thrice as long
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(at: int) -> datetime:
    """Return the time of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=at)


def pack(times: Sequence[int]) -> bytes:
    """Return times, in microseconds, as bytes in the same order."""
    if len(times) == 1:
        return _ONE.pack(times[0])
    return struct.pack(f">{len(times)}q", *times)


def unpack(packed: bytes) -> tuple[int, ...]:
    """Return the times that were packed."""
    return struct.unpack(f">{len(packed) // WIDTH}q", packed)


def first(packed: bytes) -> int:
    """Return the first of the times that were packed."""
    return int.from_bytes(packed[:WIDTH], "big", signed=True)
