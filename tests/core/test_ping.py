"""A ping: a device saying where it is."""

from datetime import timedelta

import msgspec
import pytest

from geopush.core.ping import Ping, correct_skew, customer_key
from tests.core.world import NOON, ping


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": 95.0},
        {"longitude": -181.0},
        {"latitude": float("nan")},
        {"longitude": float("inf")},
        {"accuracy": float("nan")},
        {"recorded_at": "2026-07-04T12:00:00"},
        {"latitude": "52"},
    ],
)
def test_an_impossible_ping_does_not_decode_in_either_format(
    wrong: dict[str, object],
) -> None:
    right = {"latitude": 52.0, "longitude": 4.9, "recorded_at": "2026-07-04T12:00:00Z"}
    msgspec.msgpack.decode(msgspec.msgpack.encode(right), type=Ping)
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(right | wrong), type=Ping)


@pytest.mark.parametrize("accuracy", [None, 0.0, -1.0])
def test_no_accuracy_and_zero_are_unknown(accuracy: float | None) -> None:
    assert ping(0, accuracy=accuracy).accuracy_meters is None


def test_a_customer_is_in_the_same_bucket_in_every_process() -> None:
    assert customer_key("anna").bucket == 182
    assert len({customer_key(f"c{n}").bucket for n in range(4000)}) == 256


def test_a_clock_that_is_far_off_is_corrected_by_what_it_says_it_is() -> None:
    sent_at = NOON - timedelta(hours=2)
    (corrected,) = correct_skew([ping(-7200)], sent_at, NOON)
    assert corrected.recorded_at == NOON


def test_a_small_skew_is_left_alone() -> None:
    pings = [ping(0)]
    assert correct_skew(pings, NOON - timedelta(seconds=59), NOON) == pings
