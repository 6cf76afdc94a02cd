"""Of several offers that fit one customer at one time, which one."""

from collections.abc import Sequence

from geopush.core.offer import Offer


def rank(offer: Offer, zone_id: str) -> tuple[int, str, str]:
    """What orders candidates: highest priority first, then by id."""
    return (-offer.priority, offer.offer_id, zone_id)


def winner(ranks: Sequence[tuple[int, str, str]]) -> int | None:
    """The place of the candidate that goes first; none if there are none."""
    if not ranks:
        return None
    return min(range(len(ranks)), key=ranks.__getitem__)
