"""Keep the catalog, the weather and the keys of this moment in memory."""

import asyncio
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from geopush import log
from geopush.core.access import KeyHolder
from geopush.core.catalog import Catalog
from geopush.core.offer import Offer, parse_offer
from geopush.core.weather import Observation, Weather
from geopush.store import changes, keys, offers, weather, zones
from geopush.store.pool import Pool, lost
from zones import (
    IndexKind,
    Kernel,
    Limits,
    Zone,
    ZoneId,
    ZoneIndex,
    build_index,
    parse_zone,
    reread_zones,
)

POLL = 0.5  # seconds; a notification is a hint, looking is the truth
# What was saved under higher limits than today's is read all the same.
_ANY_SIZE = Limits(
    vertices_per_polygon=10**9, vertices_per_upload=10**9, area_km2=10**9
)


class _Newer(Struct, frozen=True):
    """What changed after a revision, in one snapshot of the database."""

    revision: int
    zones: Sequence[zones.ZoneRow]
    offers: Sequence[offers.OfferRow]
    observations: Sequence[Observation]
    keys: Sequence[keys.KeyRow]


class Refresh:
    """Loads what is newer than it knows, and swaps it in as a whole."""

    def __init__(
        self,
        pool: Pool,
        *,
        radius_km: float = 25.0,
        kind: IndexKind = IndexKind.CELLS,
    ) -> None:
        """``radius_km``: how far away an observation still says something."""
        self._pool = pool
        self._turn = asyncio.Lock()
        self._heard = asyncio.Event()
        self._catalog = Catalog(0, build_index((), kind))
        self._weather = Weather({}, radius_km=radius_km)
        self._holders: Mapping[bytes, KeyHolder] = {}
        self._trouble: str | None = None

    @property
    def catalog(self) -> Catalog:
        """All zones and offers as of this moment."""
        return self._catalog

    @property
    def weather(self) -> Weather:
        """All observations as of this moment."""
        return self._weather

    @property
    def holders(self) -> Mapping[bytes, KeyHolder]:
        """Who holds a key, by the hash of the key; it may have expired since."""
        return self._holders

    @property
    def revision(self) -> int:
        """The last change that is in here."""
        return self._catalog.revision

    async def run(self, dsn: str) -> None:
        """Follow the catalog until cancelled, with or without a database."""
        while True:
            try:
                async with changes.listening(dsn, self._heard.set) as still_hears:
                    while still_hears():
                        await self.run_once()
                        await self._pause()
            except Exception as error:
                self._trouble = "the catalog cannot be read now"
                _tell(error)
                await self._pause()

    def trouble(self) -> str | None:
        """Say what keeps the catalog from being followed, if anything does."""
        return self._trouble

    async def run_once(self) -> int:
        """Take in what changed, and return the revision that is in force here now."""
        async with self._turn:
            newer = await self._load()
            if newer is not None:
                await self._take_in(newer)
        self._trouble = None
        return self.revision

    async def reached(self, revision: int) -> None:
        """Return once this revision is in force in this process."""
        while self.revision < revision:
            await self.run_once()

    async def use(self, kernel: Kernel) -> None:
        """Match with compiled loops from now on; nobody waits while that is prepared.

        The index is made from the zones of now, and what changed meanwhile put on top.
        """
        known = self._catalog.zones
        index = await asyncio.to_thread(
            build_index, known.zones, IndexKind.CELLS, kernel
        )
        async with self._turn:
            latest = self._catalog.zones
            index = await asyncio.to_thread(_caught_up, index, known, latest)
            self._catalog = replace(self._catalog, zones=index)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL):
                await self._heard.wait()
        except TimeoutError:
            pass
        self._heard.clear()

    async def _load(self) -> _Newer | None:
        known = self.revision
        async with self._pool.acquire() as connection:
            if await changes.current(connection) == known:
                return None
            async with connection.transaction(
                isolation="repeatable_read", readonly=True
            ):
                return _Newer(
                    revision=await changes.current(connection),
                    zones=await zones.load_above(connection, known),
                    offers=await offers.load_above(connection, known),
                    observations=await weather.load_above(connection, known),
                    keys=await keys.load_above(connection, known),
                )

    async def _take_in(self, newer: _Newer) -> None:
        """Prepare all of it first, then swap without a pause in between."""
        catalog = await asyncio.to_thread(_changed, self._catalog, newer)
        if newer.observations:
            self._weather = self._weather.with_newer(newer.observations)
        if newer.keys:
            self._holders = _held(self._holders, newer.keys)
        self._catalog = catalog


def _caught_up(index: ZoneIndex, known: ZoneIndex, latest: ZoneIndex) -> ZoneIndex:
    """The index with all that is different between the one it was made from and now."""
    if latest is known:
        return index
    added = [one for one in latest.zones if known.get(one.zone_id) is not one]
    gone = [one.zone_id for one in known.zones if latest.get(one.zone_id) is None]
    return index.with_changes(added, gone)


def _changed(catalog: Catalog, newer: _Newer) -> Catalog:
    read = _read_zones(
        [(row.zone_id, row.feature) for row in newer.zones if row.feature]
    )
    known = [_read_offer(row) for row in newer.offers]
    return catalog.with_changes(
        newer.revision,
        zones=[zone for zone in read if zone is not None],
        removed=[row.zone_id for row in newer.zones if row.feature is None],
        offers=[offer for offer in known if offer is not None],
        ended=[row.offer_id for row in newer.offers],
        changed_at={
            row.zone_id: row.updated_at for row in newer.zones if row.updated_at
        },
    )


def _read_zones(kept: Sequence[tuple[ZoneId, bytes]]) -> list[Zone | None]:
    return [
        _read_zone(*row) if zone is None else zone
        for row, zone in zip(kept, reread_zones(kept), strict=True)
    ]


def _read_zone(zone_id: ZoneId, feature: bytes) -> Zone | None:
    parsed = parse_zone(feature, zone_id, limits=_ANY_SIZE)
    if not parsed.zones:
        log.warning("zone.unreadable", zone_id=zone_id)
        return None
    return parsed.zones[0]


def _read_offer(row: offers.OfferRow) -> Offer | None:
    if row.document is None or row.paused:
        return None
    offer = parse_offer(row.offer_id, row.document)
    if not isinstance(offer, Offer):
        log.warning("offer.unreadable", offer_id=row.offer_id)
        return None
    return offer


def _held(
    holders: Mapping[bytes, KeyHolder], rows: Sequence[keys.KeyRow]
) -> Mapping[bytes, KeyHolder]:
    held = dict(holders)
    for row in rows:
        if row.ended_at is None:
            held[row.hash] = KeyHolder(
                row.key_id, row.role, row.group, row.app, row.expires_at
            )
        else:
            held.pop(row.hash, None)
    return held


def _tell(error: Exception) -> None:
    if lost(error):
        log.warning("refresh.database_gone", error)
    else:
        log.failed("refresh.failed", error)
