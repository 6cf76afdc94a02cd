"""Answers to questions: a button was tapped, and an offer may wait for just that.

Pure, as ``evaluate`` is, and by the same machinery: an answer is an occasion like a
transition, so whatever follows it goes through every gate.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from geopush.core.catalog import Catalog
from geopush.core.change import Change
from geopush.core.context import last_point
from geopush.core.fold import Fold
from geopush.core.known import KnownOf
from geopush.core.occasion import Occasion, World
from geopush.core.ping import CustomerKey, DeviceId
from geopush.core.presence import Whereabouts
from zones import ZoneId

KIND = "answer"


class Answer(Struct, frozen=True):
    """Which button of which message was tapped, where it was asked and by whom."""

    customer: CustomerKey
    device_id: DeviceId
    message_id: UUID
    offer_id: str
    zone_id: ZoneId
    button: str
    at: datetime


def follow_up(
    answers: Sequence[Answer], known: KnownOf, world: World, now: datetime
) -> tuple[Change, ...]:
    """Decide about the offers that wait for these answers; one goes out for each."""
    folds = {
        one.customer: Fold(known[one.customer], now)
        for one in answers
        if one.customer in known
    }
    for answer in answers:
        fold = folds.get(answer.customer)
        if fold is not None and answer.device_id in fold.profile.devices:
            where = fold.devices.get(answer.device_id, Whereabouts())
            occasions = _occasions(answer, where, world.catalog)
            fold.decide(answer.device_id, occasions, world)
    changes = [fold.change(world.tallies_kept) for fold in folds.values()]
    return tuple(one for one in changes if one is not None)


def _occasions(answer: Answer, where: Whereabouts, catalog: Catalog) -> list[Occasion]:
    """One for each offer that waits for the answer; together they compete."""
    return [
        Occasion(
            kind=KIND,
            zone_id=answer.zone_id,
            key=f"{answer.message_id}:{answer.button}",
            recorded_at=answer.at,
            point=last_point(where),
            offer_id=offer.offer_id,
        )
        for offer in catalog.offers
        if any(
            trigger.answer is not None
            and trigger.answer.offer == answer.offer_id
            and trigger.answer.button == answer.button
            for trigger in offer.triggers
        )
    ]
