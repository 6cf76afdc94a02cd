"""The outbox's rules: which states follow which, and when a message is due again.

``MOVES`` is the only list of what may happen to a message. The drawing in ARCHITECTURE
is held to it, and so are the statements of the store.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum, auto
from hashlib import blake2b
from types import MappingProxyType
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from geopush.core.message import (
    UNSENT,
    Accepted,
    AddressDead,
    AddressSuspect,
    AuthFailed,
    Delivery,
    Message,
    Objection,
    Outcome,
    Rejected,
    State,
    Throttled,
    Transient,
)

FIRST_WAIT = timedelta(seconds=1)  # after a transport error or 5xx; doubles each time
THROTTLED_WAIT = timedelta(seconds=60)  # the least both gateways ask for over quota
LONGEST_WAIT = timedelta(minutes=15)


class Event(StrEnum):
    """What may happen to a message in the outbox."""

    CLAIMED = auto()
    ACCEPTED = auto()
    PUT_OFF = auto()
    NOBODY_THERE = auto()
    REFUSED = auto()
    NO_ANSWER = auto()
    OBJECTED = auto()
    TOO_LATE = auto()
    TAKEN_BACK = auto()
    LAPSED = auto()
    LAPSED_IN_DOUBT = auto()
    ENDED_IN_DOUBT = auto()
    RETRIED = auto()
    DROPPED = auto()


SAID: Mapping[Event, str] = MappingProxyType(
    {
        Event.CLAIMED: "due, claim committed",
        Event.ACCEPTED: "the gateway took it",
        Event.PUT_OFF: "throttled, not known to it, or surely not taken",
        Event.NOBODY_THERE: "nobody is there, or the address is in quarantine",
        Event.REFUSED: "it will never take it, or there is no gateway",
        Event.NO_ANSWER: "no answer, at most once",
        Event.OBJECTED: "last look, not wanted any more",
        Event.TOO_LATE: "too late, now or at the next try",
        Event.TAKEN_BACK: "offer paused, changed or removed, or customer stopped",
        Event.LAPSED: "claim lapsed, at least once",
        Event.LAPSED_IN_DOUBT: "claim lapsed, at most once",
        Event.ENDED_IN_DOUBT: "an end, and an earlier try in doubt",
        Event.RETRIED: "retried by hand",
        Event.DROPPED: "dropped by hand",
    }
)


class Move(Struct, frozen=True):
    """One thing that may happen in one state, and the state that follows."""

    before: State
    event: Event
    after: State


MOVES = (
    Move(State.QUEUED, Event.CLAIMED, State.CLAIMED),
    Move(State.RETRY, Event.CLAIMED, State.CLAIMED),
    Move(State.CLAIMED, Event.ACCEPTED, State.ACCEPTED),
    Move(State.CLAIMED, Event.PUT_OFF, State.RETRY),
    Move(State.CLAIMED, Event.NOBODY_THERE, State.DEAD_ADDRESS),
    Move(State.CLAIMED, Event.REFUSED, State.REJECTED),
    Move(State.CLAIMED, Event.NO_ANSWER, State.UNKNOWN),
    Move(State.CLAIMED, Event.OBJECTED, State.WITHDRAWN),
    Move(State.CLAIMED, Event.TOO_LATE, State.EXPIRED),
    Move(State.QUEUED, Event.TOO_LATE, State.EXPIRED),
    Move(State.RETRY, Event.TOO_LATE, State.EXPIRED),
    Move(State.QUEUED, Event.TAKEN_BACK, State.WITHDRAWN),
    Move(State.RETRY, Event.TAKEN_BACK, State.WITHDRAWN),
    Move(State.CLAIMED, Event.LAPSED, State.QUEUED),
    Move(State.CLAIMED, Event.LAPSED_IN_DOUBT, State.UNKNOWN),
    Move(State.CLAIMED, Event.ENDED_IN_DOUBT, State.UNKNOWN),
    Move(State.QUEUED, Event.ENDED_IN_DOUBT, State.UNKNOWN),
    Move(State.RETRY, Event.ENDED_IN_DOUBT, State.UNKNOWN),
    Move(State.RETRY, Event.RETRIED, State.QUEUED),
    Move(State.DEAD_ADDRESS, Event.RETRIED, State.QUEUED),
    Move(State.REJECTED, Event.RETRIED, State.QUEUED),
    Move(State.UNKNOWN, Event.RETRIED, State.QUEUED),
    Move(State.QUEUED, Event.DROPPED, State.WITHDRAWN),
    Move(State.RETRY, Event.DROPPED, State.WITHDRAWN),
    Move(State.DEAD_ADDRESS, Event.DROPPED, State.WITHDRAWN),
    Move(State.REJECTED, Event.DROPPED, State.WITHDRAWN),
)

NEXT: Mapping[tuple[State, Event], State] = MappingProxyType(
    {(move.before, move.event): move.after for move in MOVES}
)

# Where nothing happens any more by itself.
ENDS = frozenset(
    {
        State.ACCEPTED,
        State.DEAD_ADDRESS,
        State.REJECTED,
        State.EXPIRED,
        State.WITHDRAWN,
        State.UNKNOWN,
    }
)


class Fate(Struct, frozen=True):
    """What becomes of a message: its next state, when it is due again, and why."""

    message: Message
    state: State
    due: datetime
    reason: str


def draw() -> str:
    """Draw the states and what leads from one to the next, for Mermaid."""
    return "\n".join(
        (
            "stateDiagram-v2",
            "    [*] --> queued: decided",
            *(f"    {one.before} --> {one.after}: {SAID[one.event]}" for one in MOVES),
            *(f"    {state} --> [*]" for state in State if state in ENDS),
        )
    )


def settle(message: Message, outcome: Outcome, now: datetime) -> Fate:
    """Say what becomes of a claimed message after the gateway's answer."""
    if isinstance(outcome, Transient) and outcome.ambiguous:
        message = replace(message, in_doubt=True)
    event, reason, wait = _read(message, outcome)
    if event is Event.PUT_OFF and now + wait < message.expires_at:
        return Fate(message, NEXT[State.CLAIMED, event], now + wait, reason)
    event = Event.TOO_LATE if event is Event.PUT_OFF else event
    return end(message, NEXT[State.CLAIMED, event], now, reason)


def end(message: Message, state: State, now: datetime, reason: str) -> Fate:
    """Say what becomes of a message that is tried no more.

    One in doubt is never said not to have left: nobody knows, and its caps are kept.
    """
    if message.in_doubt and state in UNSENT:
        state = NEXT[State.CLAIMED, Event.ENDED_IN_DOUBT]
    return Fate(message, state, now, reason)


_OBJECTED: Mapping[State, Event] = MappingProxyType(
    {
        State.WITHDRAWN: Event.OBJECTED,
        State.EXPIRED: Event.TOO_LATE,
        State.DEAD_ADDRESS: Event.NOBODY_THERE,
    }
)


def _read(message: Message, outcome: Outcome) -> tuple[Event, str, timedelta]:
    """What an outcome does to a message, why, and how long it then waits."""
    at_once = timedelta(0)
    match outcome:
        case Accepted():
            return Event.ACCEPTED, "accepted", at_once
        case AddressDead(reason=reason) | AddressSuspect(reason=reason):
            return Event.NOBODY_THERE, reason, at_once
        case Rejected(reason=reason):
            return Event.REFUSED, reason, at_once
        case Objection(state=state, reason=reason) if state in _OBJECTED:
            return _OBJECTED[state], reason, at_once
        case Transient(reason=reason, ambiguous=True) if (
            message.delivery is Delivery.AT_MOST_ONCE
        ):
            return Event.NO_ANSWER, reason, at_once
        case _:
            return Event.PUT_OFF, outcome.reason, _patience(message, outcome)


def _patience(
    message: Message, outcome: Throttled | AuthFailed | Transient | Objection
) -> timedelta:
    match outcome:
        case Throttled(retry_after=after):
            return _wait(message, THROTTLED_WAIT, after)
        case AuthFailed():
            return _wait(message, THROTTLED_WAIT, None)
        case Transient(retry_after=after):
            return _wait(message, FIRST_WAIT, after)
        case Objection(retry_after=after):
            return _wait(message, FIRST_WAIT, after)
        case _:
            assert_never(outcome)


def _wait(message: Message, base: timedelta, asked: timedelta | None) -> timedelta:
    """Exponential with jitter, never shorter than the gateway asked for.

    The jitter comes from the message's id, so the same message waits the same.
    """
    doublings = 1 << min(message.attempts, 20)
    longest = min(base * doublings, LONGEST_WAIT)
    seed = blake2b(message.message_id.bytes + bytes([message.attempts & 255]))
    share = int.from_bytes(seed.digest()[:4], "big") / 2**32
    return max(longest * (0.5 + share / 2), asked or timedelta(0))
