"""The catalog: all zones and offers as of one moment; replaced, never changed."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct

from geopush.core.cap import longest
from geopush.core.offer import Offer, Status, wants
from geopush.core.trigger import Trigger
from zones import Zone, ZoneId, ZoneIndex

# An offer of tomorrow with a cap of a month counts what went out today.
TALLIES_KEPT = timedelta(days=35)
_ANY = "any"
DECIDING = (Status.LIVE, Status.SHADOW)  # the others are never considered


class Catalog(Struct, frozen=True, dict=True):
    """All zones and offers as of one revision.

    ``moved`` is when zones got another shape, as far as this process has seen it.
    """

    revision: int
    zones: ZoneIndex
    offers: tuple[Offer, ...] = ()
    moved: Mapping[ZoneId, datetime] = MappingProxyType({})

    @cached_property
    def tallies_kept(self) -> timedelta:
        """How long tallies are kept for the caps of all offers to see them."""
        windows = [cap.window for offer in self.offers for cap in offer.caps]
        return max(TALLIES_KEPT, longest(windows))

    def zone(self, zone_id: ZoneId) -> Zone | None:
        """The zone of this id, unless it is gone or switched off."""
        zone = self.zones.get(zone_id)
        return zone if zone is not None and zone.enabled else None

    @cached_property
    def _waiting(self) -> dict[str, list[int]]:
        """The numbers of the offers that wait for something, by what they name."""
        waiting: dict[str, list[int]] = {}
        for number, offer in enumerate(self.offers):
            for key in sorted({key for one in offer.triggers for key in _named(one)}):
                waiting.setdefault(key, []).append(number)
        return waiting

    def offers_for(self, kind: str, zone: Zone) -> list[Offer]:
        """The offers that something of this kind at this zone is an occasion for."""
        named = [_ANY, f"id {zone.zone_id}", f"group {zone.group}"]
        named += [f"tag {tag}" for tag in zone.tags]
        numbers = {number for key in named for number in self._waiting.get(key, ())}
        return [
            offer
            for offer in map(self.offers.__getitem__, sorted(numbers))
            if wants(offer, kind, zone.zone_id, zone.group, zone.tags)
        ]

    def offer(self, offer_id: str) -> Offer | None:
        """The offer of this id, if it is live or in shadow."""
        return next((one for one in self.offers if one.offer_id == offer_id), None)

    def with_changes(
        self,
        revision: int,
        *,
        zones: Iterable[Zone] = (),
        removed: Iterable[ZoneId] = (),
        offers: Iterable[Offer] = (),
        ended: Iterable[str] = (),
        changed_at: Mapping[ZoneId, datetime] = MappingProxyType({}),
    ) -> "Catalog":
        """The catalog after some changes; the old one keeps answering."""
        kept = {offer.offer_id: offer for offer in self.offers}
        for offer_id in ended:
            kept.pop(offer_id, None)
        for offer in offers:
            kept[offer.offer_id] = offer
            if offer.status not in DECIDING:
                del kept[offer.offer_id]
        zones, removed = tuple(zones), tuple(removed)
        index = self.zones
        if zones or removed:
            index = index.with_changes(zones, removed)
        ordered = tuple(kept[offer_id] for offer_id in sorted(kept))
        moved = {
            zone.zone_id: changed_at[zone.zone_id]
            for zone in zones
            if zone.zone_id in changed_at and self._has_other_shape(zone)
        }
        return Catalog(revision, index, ordered, {**self.moved, **moved})

    def _has_other_shape(self, zone: Zone) -> bool:
        old = self.zones.get(zone.zone_id)
        return old is not None and old.area.geometry != zone.area.geometry


def _named(trigger: Trigger) -> list[str]:
    """What a zone must have one of for a trigger to wait for it."""
    chosen = trigger.zones
    if chosen.ids is not None:
        return [f"id {one}" for one in chosen.ids]
    if chosen.groups is not None:
        return [f"group {one}" for one in chosen.groups]
    if chosen.tags is not None:
        return [f"tag {one}" for one in chosen.tags]
    return [_ANY]
