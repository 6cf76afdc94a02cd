"""Apple's answers, and what they mean."""

from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from geopush.core.message import AddressDead, Outcome
from geopush.push import classify


class Answer(Struct, frozen=True):
    """What Apple said to one request; ``retry_after`` is the header as it came."""

    status: int
    body: bytes
    retry_after: str | None


class _Problem(Struct, frozen=True):
    reason: str = ""
    timestamp: int | None = None  # milliseconds: since when nobody is at the address


def read_outcome(answer: Answer, now: datetime) -> Outcome:
    """Say what Apple's answer to a message means."""
    problem = _read_problem(answer)
    retry_after = classify.parse_retry_after(answer.retry_after, now)
    outcome = classify.classify(
        classify.APPLE, answer.status, problem.reason, retry_after
    )
    if isinstance(outcome, AddressDead):
        return msgspec.structs.replace(outcome, since=_moment(problem.timestamp))
    return outcome


def _read_problem(answer: Answer) -> _Problem:
    try:
        return msgspec.json.decode(answer.body or b"{}", type=_Problem)
    except msgspec.DecodeError:
        return _Problem()


def _moment(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
