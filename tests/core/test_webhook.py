"""Webhooks: signed as Standard Webhooks are, and sent again for days."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from geopush.core.webhook import Answer, headers, next_try, shown_secret
from tests.core.world import NOON

REFUSED = Answer(503)


def test_the_signature_is_that_of_the_published_example() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    sent = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        secret,
        datetime.fromtimestamp(1614265330, UTC),
    )
    assert sent == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert shown_secret(secret) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_is_that_of_the_library_for_those_who_receive() -> None:
    body = (
        '{"specversion":"1.0","id":"e-1","type":"io.geopush.zone.entered.v1",'
        '"data":{"zone":"Café ☀"}}'
    )
    sent = headers(
        "0197d3a4-0000-7000-8000-000000000001",
        body.encode(),
        bytes(range(24)),
        datetime(2026, 7, 4, 12, tzinfo=UTC),
    )
    made = "v1,u342zZ2p4giVIkYOdSNV4XK0mD822ZMvzXZjgI+N/lg="  # by standardwebhooks 1.1
    assert sent["webhook-signature"] == made


def test_an_event_is_tried_for_days_with_pauses_that_grow() -> None:
    now, pauses, attempts = NOON, [], 1
    while (again := next_try("event", attempts, REFUSED, now)) is not None:
        pauses.append(again - now)
        now, attempts = again, attempts + 1
    assert pauses == sorted(pauses)
    assert pauses[0] < timedelta(seconds=10)
    assert timedelta(days=3) < now - NOON < timedelta(days=5)


def test_what_failed_together_is_not_tried_again_together() -> None:
    moments = {next_try(f"event-{number}", 3, REFUSED, NOON) for number in range(20)}
    assert len(moments) == 20


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        (timedelta(hours=1), timedelta(hours=1), timedelta(hours=1)),
        (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=6)),
        (timedelta(days=900), timedelta(hours=24), timedelta(hours=24)),
    ],
)
def test_a_pause_that_is_asked_for_is_kept_within_reason(
    asked: timedelta, least: timedelta, most: timedelta
) -> None:
    again = next_try("event", 1, Answer(429, retry_after=asked), NOON)
    assert again is not None
    assert least <= again - NOON <= most


@pytest.mark.parametrize(
    ("answer", "is_taken", "word"),
    [
        (Answer(200), True, "status_200"),
        (Answer(204), True, "status_204"),
        (Answer(302), False, "status_302"),
        (Answer(500), False, "status_500"),
        (Answer(reason="timeout"), False, "timeout"),
    ],
)
def test_only_a_2xx_is_an_event_taken(
    answer: Answer, is_taken: bool, word: str
) -> None:
    assert (answer.is_taken, answer.in_a_word) == (is_taken, word)
