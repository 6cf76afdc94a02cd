"""Webhooks: how an event is signed, and when it is sent again."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from msgspec import Struct

PREFIX = "whsec_"

# Five seconds to a day, about three days in all; then it is for people to look at.
_PAUSES = (
    *(timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=5)),
    *(timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5)),
    *(timedelta(hours=10), timedelta(hours=14), timedelta(hours=20)),
    timedelta(hours=24),
)
_SPREAD = 0.2  # of a pause, so that what failed together is not tried together
_MOST_PAUSE = timedelta(hours=24)
_GONE = 410


class Answer(Struct, frozen=True):
    """What came of one try: a status, or ``reason`` why there was none."""

    status: int | None = None
    reason: str = ""
    retry_after: timedelta | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the other side has the event."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the other side wants nothing any more."""
        return self.status == _GONE

    @property
    def in_a_word(self) -> str:
        """What people are shown."""
        return self.reason if self.status is None else f"status_{self.status}"


def headers(event_id: str, body: bytes, secret: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of Standard Webhooks for one try."""
    moment = str(int(now.timestamp()))
    signed = b".".join((event_id.encode(), moment.encode(), body))
    signature = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{signature}",
    }


def shown_secret(secret: bytes) -> str:
    """Return a secret as its owner is shown it."""
    return PREFIX + base64.b64encode(secret).decode()


def next_try(
    event_id: str, attempts: int, answer: Answer, now: datetime
) -> datetime | None:
    """Return when to send again after so many tries; None: never by itself."""
    if attempts > len(_PAUSES):
        return None
    pause = _PAUSES[attempts - 1]
    pause *= 1 + _SPREAD * _dice(f"{event_id}/{attempts}")
    return now + max(pause, min(answer.retry_after or pause, _MOST_PAUSE))


def _dice(text: str) -> float:
    digest = hashlib.blake2b(text.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32
