"""Device tokens: ours are taken, all others are not."""

from datetime import UTC, datetime, timedelta

import pytest

from geopush.core.token import DeviceToken, TokenFault, TokenRing

NOW = datetime(2026, 7, 4, 12, tzinfo=UTC)
TOKEN = DeviceToken("d1", "c1", 7, "demo", int(NOW.timestamp()) + 3600)
RING = TokenRing([b"k" * 32])


def test_a_token_says_what_was_signed() -> None:
    assert RING.read(RING.sign(TOKEN), NOW) == TOKEN


def test_a_token_fits_in_a_header_and_says_what_it_is() -> None:
    text = RING.sign(TOKEN)
    assert text.startswith("gp_dt_")
    assert text.replace("_", "").replace("-", "").isalnum()


def test_a_token_ends_at_the_second_it_expires() -> None:
    text, end = RING.sign(TOKEN), NOW + timedelta(hours=1)
    assert RING.read(text, end - timedelta(seconds=1)) == TOKEN
    assert RING.read(text, end) is TokenFault.TOKEN_EXPIRED


def test_a_token_of_an_older_key_is_taken_and_the_newest_key_signs() -> None:
    both = TokenRing([b"n" * 32, b"k" * 32])
    assert both.read(RING.sign(TOKEN), NOW) == TOKEN
    assert RING.read(both.sign(TOKEN), NOW) is TokenFault.INVALID


@pytest.mark.parametrize("place", range(6, 30, 4))
def test_a_token_changed_anywhere_is_not_taken(place: int) -> None:
    text = RING.sign(TOKEN)
    other = "A" if text[place] != "A" else "B"
    changed = text[:place] + other + text[place + 1 :]
    assert RING.read(changed, NOW) is TokenFault.INVALID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gp_dt_",
        "gp_dt_!!!!",
        "gp_dt_AAAA",
        "gp_sk_" + "A" * 60,
        "gp_dt_é",
        "x" * 9999,
    ],
)
def test_what_is_no_token_is_not_taken(text: str) -> None:
    assert RING.read(text, NOW) is TokenFault.INVALID


def test_a_ring_needs_a_key() -> None:
    with pytest.raises(ValueError, match="without a key"):
        TokenRing([])
