"""What an upload of zones would change, worked out before anything is written."""

from collections.abc import Mapping, Sequence
from enum import StrEnum, auto

import msgspec
from msgspec import Struct

from geopush.store.zones import ZoneRow
from zones import Zone, ZoneId, to_feature

_encoder = msgspec.json.Encoder()


class Mode(StrEnum):
    """What becomes of the zones of a group that are not in the upload."""

    MERGE = auto()
    REPLACE = auto()


class Upload(Struct, frozen=True):
    """Zones that were read well, and what is to be done with them.

    ``rejected`` are the ids of features that were not: their zones stay. ``reach`` is
    the one group that the uploader may touch; None is all.
    """

    zones: tuple[Zone, ...]
    rejected: tuple[ZoneId, ...] = ()
    mode: Mode = Mode.MERGE
    group: str | None = None
    reach: str | None = None
    allow_removed: int = 0
    partial: bool = False
    dry_run: bool = False


class Plan(Struct, frozen=True):
    """What an upload changes; ``foreign`` are zones that were out of its reach."""

    created: tuple[ZoneRow, ...]
    updated: tuple[ZoneRow, ...]
    unchanged: int
    removed: tuple[ZoneId, ...]
    foreign: tuple[ZoneId, ...]


class WouldRemove(Struct, frozen=True):
    """The upload would remove more than half of a group, and nobody allowed that."""

    count: int
    of: int


class OutOfReach(Struct, frozen=True):
    """Zones of these ids are there, in groups that the uploader may not touch."""

    zone_ids: tuple[ZoneId, ...]


def write_zone(zone: Zone) -> ZoneRow:
    """Return a zone as it is kept, not yet with a revision."""
    return ZoneRow(zone.zone_id, 0, _encoder.encode(to_feature(zone)), zone.group)


def write_zones(zones: Sequence[Zone]) -> list[ZoneRow]:
    """Return zones as they are kept; takes a while for many."""
    return [write_zone(zone) for zone in zones]


def plan(
    rows: Sequence[ZoneRow],
    known: Mapping[str, ZoneRow],
    group: Mapping[str, ZoneRow],
    upload: Upload,
) -> Plan | WouldRemove | OutOfReach:
    """Compare an upload with what is there; ``group``: what it may remove from."""
    foreign = tuple(
        sorted(row.zone_id for row in known.values() if not _reaches(upload, row))
    )
    if foreign and not upload.partial:
        return OutOfReach(foreign)
    rows = [row for row in rows if row.zone_id not in foreign]
    kept = {row.zone_id for row in rows} | set(upload.rejected)
    removed = tuple(
        sorted(row.zone_id for row in group.values() if row.zone_id not in kept)
    )
    if 2 * len(removed) > len(group) and len(removed) > upload.allow_removed:
        return WouldRemove(len(removed), len(group))
    changed = [row for row in rows if not _is_same(row, known.get(row.zone_id))]
    return Plan(
        created=tuple(row for row in changed if row.zone_id not in known),
        updated=tuple(row for row in changed if row.zone_id in known),
        unchanged=len(rows) - len(changed),
        removed=removed,
        foreign=foreign,
    )


def _reaches(upload: Upload, row: ZoneRow) -> bool:
    return upload.reach is None or row.group == upload.reach


def _is_same(row: ZoneRow, known: ZoneRow | None) -> bool:
    return known is not None and known.feature == row.feature
