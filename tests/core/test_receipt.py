"""Receipts: what buttons mean, and how long a message may be receipted."""

from datetime import timedelta

import pytest

from geopush.core.customer import Preferences
from geopush.core.receipt import MOST_MUTED, Wish, granted, receipt_token
from geopush.core.token import TokenFault, TokenRing
from tests.core.test_outbox import a_message
from tests.core.world import NOON

RING = TokenRing([b"k" * 32])
TOMORROW = NOON + timedelta(days=1)


def tapped(
    wish: Wish, before: Preferences, zone_id: str | None = "shop"
) -> Preferences:
    """The preferences after a button of an offer for ice cream at the shop."""
    return granted(wish, before, zone_id=zone_id, topics=["ice_cream"], now=NOON)


@pytest.mark.parametrize(
    ("wish", "before", "after"),
    [
        (Wish.LIKE, Preferences(), Preferences(topics={"ice_cream": True})),
        (
            Wish.LIKE,
            Preferences(topics={"ice_cream": False, "tea": True}),
            Preferences(topics={"ice_cream": True, "tea": True}),
        ),
        (Wish.MUTE_ZONE, Preferences(), Preferences(muted_zones=("shop",))),
        (
            Wish.MUTE_ZONE,
            Preferences(muted_zones=("shop", "park")),
            Preferences(muted_zones=("shop", "park")),
        ),
        (Wish.SNOOZE, Preferences(), Preferences(paused_until=TOMORROW)),
        (
            Wish.SNOOZE,
            Preferences(paused_until=TOMORROW + timedelta(days=9)),
            Preferences(paused_until=TOMORROW + timedelta(days=9)),
        ),
    ],
)
def test_one_tap_sets_the_preference(
    wish: Wish, before: Preferences, after: Preferences
) -> None:
    assert tapped(wish, before) == after


def test_without_a_zone_there_is_none_to_mute() -> None:
    assert tapped(Wish.MUTE_ZONE, Preferences(), zone_id=None) == Preferences()


def test_muted_zones_stay_within_their_limit() -> None:
    full = Preferences(muted_zones=tuple(f"z{n}" for n in range(MOST_MUTED)))
    muted = tapped(Wish.MUTE_ZONE, full).muted_zones
    assert (len(muted), muted[-1], muted[0]) == (MOST_MUTED, "shop", "z1")


def test_a_message_may_be_receipted_until_a_week_after_it_expires() -> None:
    token = receipt_token(a_message())
    text, end = RING.sign(token), a_message().expires_at + timedelta(days=7)
    assert RING.read_receipt(text, end - timedelta(seconds=1)) == token
    assert RING.read_receipt(text, end) is TokenFault.TOKEN_EXPIRED


def test_a_token_for_receipts_is_short() -> None:
    assert len(RING.sign(receipt_token(a_message()))) < 80


def test_no_kind_of_token_passes_for_the_other() -> None:
    text = RING.sign(receipt_token(a_message()))
    disguised = text.replace("gp_rt_", "gp_dt_")
    assert RING.read(text, NOON) is TokenFault.INVALID
    assert RING.read(disguised, NOON) is TokenFault.INVALID
    assert RING.read_receipt(disguised, NOON) is TokenFault.INVALID
