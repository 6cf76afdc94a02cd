"""Tokens are verified once, and remembered within bounds."""

from datetime import timedelta

import pytest

from geopush.api import speakers as module
from geopush.api.problems import ProblemException
from geopush.api.speakers import Speakers
from geopush.core.ping import customer_key
from geopush.core.token import DeviceToken, TokenFault, TokenRing
from tests.clock import HandClock

NOON = HandClock().now


class Counting(TokenRing):
    """A ring that counts what it is asked to read."""

    reads = 0

    def read(self, *asked: object) -> DeviceToken | TokenFault:
        self.reads += 1
        return super().read(*asked)


@pytest.fixture
def ring() -> Counting:
    return Counting([b"k" * 32])


def header(ring: TokenRing, number: int = 1, hours: float = 24) -> str:
    key = customer_key(f"customer-{number}")
    until = int((NOON + timedelta(hours=hours)).timestamp())
    token = DeviceToken(f"phone-{number}", key.customer_id, key.bucket, "demo", until)
    return f"Bearer {ring.sign(token)}"


def test_a_token_is_verified_once(ring: Counting) -> None:
    speakers, shown = Speakers(ring, dict), header(ring)
    told = [speakers.of(shown, NOON) for _ in range(3)]
    assert {one.device_id for one in told} == {"phone-1"}
    assert told[0].customer == customer_key("customer-1")
    assert ring.reads == 1


def test_a_token_that_is_remembered_ends_at_its_second(ring: Counting) -> None:
    speakers, shown = Speakers(ring, dict), header(ring, hours=1)
    speakers.of(shown, NOON + timedelta(seconds=3_599))
    with pytest.raises(ProblemException, match="expired"):
        speakers.of(shown, NOON + timedelta(seconds=3_600))


def test_no_more_are_remembered_than_there_is_room_for(
    ring: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 5)
    speakers, most = Speakers(ring, dict), 0
    for number in range(20):
        assert speakers.of(header(ring, number), NOON).device_id == f"phone-{number}"
        most = max(most, len(speakers))
    assert most == 5


def test_a_header_padded_without_end_is_not_remembered(ring: Counting) -> None:
    speakers = Speakers(ring, dict)
    padded = header(ring).replace(" ", " " * 2_000)
    assert speakers.of(padded, NOON).device_id == "phone-1"
    assert len(speakers) == 0


def test_what_is_refused_is_not_remembered(ring: Counting) -> None:
    speakers = Speakers(ring, dict)
    for shown in ("", "Bearer nonsense", header(TokenRing([b"x" * 32]))):
        with pytest.raises(ProblemException):
            speakers.of(shown, NOON)
    assert len(speakers) == 0
