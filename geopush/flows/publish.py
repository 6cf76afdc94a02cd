"""Save zones and offers, for the API and the console alike."""

import asyncio

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from geopush.clock import Clock
from geopush.core.catalog import DECIDING
from geopush.core.offer import Offer, Status
from geopush.flows.refresh import Refresh
from geopush.flows.revision import Expected, Saved, Unsaved, against
from geopush.flows.upload import (
    Mode,
    OutOfReach,
    Plan,
    Upload,
    WouldRemove,
    plan,
    write_zone,
    write_zones,
)
from geopush.store import changes, offers, zones
from geopush.store.offers import OfferRow
from geopush.store.outbox import withdraw
from geopush.store.pool import Connection, Pool
from geopush.store.tallies import give_back
from geopush.store.zones import ZoneRow
from zones import Zone, ZoneId


class Publish:
    """Writes what all processes hold in memory; what was answered is in force here."""

    def __init__(self, pool: Pool, refresh: Refresh, clock: Clock) -> None:
        self._pool = pool
        self._refresh = refresh
        self._clock = clock

    async def save_zone(
        self, zone: Zone, *, reach: str | None = None, expected: Expected | None = None
    ) -> Saved | Unsaved:
        """Put a zone in force; ``reach`` is the one group that may be touched."""
        row = await asyncio.to_thread(write_zone, zone)
        async with self._pool.acquire() as connection, connection.transaction():
            await changes.lock_catalog(connection)
            old = await _zone(connection, zone.zone_id)
            if old is not None and reach not in (None, old.group):
                return Unsaved.ABSENT
            unsaved = against(old.revision if old else None, expected)
            if unsaved is not None:
                return unsaved
            revision = old.revision if old else 0
            if old is None or old.feature != row.feature:
                revision = await changes.advance(connection)
                await zones.save_zones(connection, [row], revision, self._clock())
        await self._refresh.reached(revision)
        return Saved(revision, created=old is None)

    async def remove_zone(
        self,
        zone_id: ZoneId,
        *,
        reach: str | None = None,
        expected: Expected | None = None,
    ) -> Unsaved | None:
        """Take a zone out of force."""
        async with self._pool.acquire() as connection, connection.transaction():
            await changes.lock_catalog(connection)
            old = await _zone(connection, zone_id)
            if old is None or reach not in (None, old.group):
                return Unsaved.ABSENT
            unsaved = against(old.revision, expected)
            if unsaved is not None:
                return unsaved
            revision = await changes.advance(connection)
            await zones.remove_zones(connection, [zone_id], revision, self._clock())
        await self._refresh.reached(revision)
        return None

    async def import_zones(self, upload: Upload) -> Plan | WouldRemove | OutOfReach:
        """Put many zones in force at once, or none of them."""
        rows = await asyncio.to_thread(write_zones, upload.zones)
        async with self._pool.acquire() as connection, connection.transaction():
            await changes.lock_catalog(connection)
            known = await zones.load_zones(connection, [row.zone_id for row in rows])
            group = await _removable(connection, upload)
            planned = plan(rows, known, group, upload)
            if not isinstance(planned, Plan) or upload.dry_run:
                return planned
            revision = await self._carry_out(connection, planned)
        await self._refresh.reached(revision)
        return planned

    async def save_offer(
        self, offer: Offer, *, expected: Expected | None = None
    ) -> Saved | Unsaved:
        """Put an offer in force; saving never lifts a pause."""
        async with self._pool.acquire() as connection, connection.transaction():
            await changes.lock_catalog(connection)
            old = await offers.load_offer(connection, offer.offer_id)
            unsaved = against(old.revision if old else None, expected)
            if unsaved is not None:
                return unsaved
            row = _written(offer, old)
            if old is not None and replace(row, revision=old.revision) == old:
                row = old
            else:
                row = await self._write(connection, row)
        await self._in_force(row)
        return Saved(row.revision, created=old is None)

    async def remove_offer(
        self, offer_id: str, *, expected: Expected | None = None
    ) -> Unsaved | None:
        """Take an offer out of force, and back what is queued of it."""
        async with self._pool.acquire() as connection, connection.transaction():
            await changes.lock_catalog(connection)
            old = await offers.load_offer(connection, offer_id)
            if old is None:
                return Unsaved.ABSENT
            unsaved = against(old.revision, expected)
            if unsaved is not None:
                return unsaved
            gone = replace(old, document=None, paused=False)
            row = await self._write(connection, gone)
        await self._in_force(row)
        return None

    async def pause(self, offer_id: str) -> Unsaved | None:
        """Stop an offer, and take back for good what is queued of it."""
        return await self._set_paused(offer_id, paused=True)

    async def resume(self, offer_id: str) -> Unsaved | None:
        """Let a paused offer go on."""
        return await self._set_paused(offer_id, paused=False)

    async def _set_paused(self, offer_id: str, *, paused: bool) -> Unsaved | None:
        async with self._pool.acquire() as connection, connection.transaction():
            await changes.lock_catalog(connection)
            old = await offers.load_offer(connection, offer_id)
            if old is None:
                return Unsaved.ABSENT
            row = old
            if old.paused is not paused:
                row = await self._write(connection, replace(old, paused=paused))
        await self._in_force(row)
        return None

    async def _write(self, connection: Connection, row: OfferRow) -> OfferRow:
        row = replace(row, revision=await changes.advance(connection))
        await offers.save_offer(connection, row, self._clock())
        await self._take_back(connection, row)
        return row

    async def _in_force(self, row: OfferRow) -> None:
        """Wait until it is in force here, and take back what was decided meanwhile."""
        await self._refresh.reached(row.revision)
        async with self._pool.acquire() as connection, connection.transaction():
            await self._take_back(connection, row)

    async def _take_back(self, connection: Connection, row: OfferRow) -> None:
        reason = _why_not_sent(row)
        if reason is not None:
            now = self._clock()
            gone = await withdraw(connection, row.offer_id, now, reason)
            await give_back(connection, gone)

    async def _carry_out(self, connection: Connection, planned: Plan) -> int:
        changed = [*planned.created, *planned.updated]
        if not changed and not planned.removed:
            return await changes.current(connection)
        revision, now = await changes.advance(connection), self._clock()
        await zones.save_zones(connection, changed, revision, now)
        await zones.remove_zones(connection, planned.removed, revision, now)
        return revision


class _HasStatus(Struct, frozen=True):
    status: Status = Status.DRAFT


def status_of(row: OfferRow) -> Status:
    """Return the status that counts: a pause holds over what was written."""
    written = _status(row.document or b"{}")
    return Status.PAUSED if row.paused and written in DECIDING else written


def _status(document: bytes) -> Status:
    return msgspec.json.decode(document, type=_HasStatus).status


def _written(offer: Offer, old: OfferRow | None) -> OfferRow:
    """The row of an offer: a pause is kept beside what it will go on as."""
    document = dict(offer.document)
    paused = old is not None and old.paused
    if offer.status is Status.PAUSED:
        before = _status(old.document) if old and old.document else Status.LIVE
        document["status"] = before if before in DECIDING else Status.LIVE
        paused = True
    return OfferRow(offer.offer_id, 0, msgspec.json.encode(document), paused)


def _why_not_sent(row: OfferRow) -> str | None:
    if row.document is None:
        return "offer_removed"
    status = status_of(row)
    if status is Status.PAUSED:
        return "offer_paused"
    return None if status is Status.LIVE else "offer_not_live"


async def _zone(connection: Connection, zone_id: ZoneId) -> ZoneRow | None:
    return (await zones.load_zones(connection, [zone_id])).get(zone_id)


async def _removable(connection: Connection, upload: Upload) -> dict[str, ZoneRow]:
    if upload.mode is Mode.MERGE or upload.group is None:
        return {}
    return await zones.load_group(connection, upload.group)
