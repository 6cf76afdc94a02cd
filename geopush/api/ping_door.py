"""The phones' door: pings in, answered once all they caused is committed."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias

import msgspec
from msgspec import Struct

from geopush import log
from geopush.api.credentials import unauthorized
from geopush.api.packing import unpack
from geopush.api.ping_bodies import (
    JSON,
    MOST_BYTES,
    read_pings,
)
from geopush.api.problems import (
    MEDIA_TYPE,
    ProblemException,
    problem_body,
    problem_of,
)
from geopush.api.quotas import Quotas, Sending
from geopush.api.speakers import Speakers
from geopush.clock import Clock
from geopush.core.change import Answer, NotPermitted, Taken, Upload
from geopush.core.ping import Ping, RefusedPing, correct_skew
from geopush.core.presence import Transition
from geopush.flows.ingest import Ingest

PATH = "/v1/pings"
HEADERS = ("authorization", "content-type", "content-encoding", "geopush-sent-at")
_encoder = msgspec.json.Encoder()

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Numbered: TypeAlias = tuple[tuple[int, Ping], ...]


class NextPing(Struct, frozen=True):
    """When the phone need ping again: after a while, or after having moved."""

    after_seconds: int
    or_moved_meters: int


class PingsTaken(Struct, frozen=True, gc=False):
    """What became of the pings; the four counts add up to what was sent."""

    accepted: int
    late: int
    repeated: int
    rejected: tuple[RefusedPing, ...]
    transitions: tuple[Transition, ...]
    inside: tuple[str, ...]
    next_ping: NextPing


class Reply(Struct, frozen=True, gc=False):
    """An answer as the server sends it."""

    status: int
    body: bytes
    headers: Pairs


TAKEN: Pairs = (("content-type", JSON),)
INSIDE = NextPing(after_seconds=60, or_moved_meters=50)
OUTSIDE = NextPing(after_seconds=300, or_moved_meters=100)


class PingDoor:
    """Answers uploads of pings; both servers of the route ask it."""

    def __init__(
        self,
        speakers: Speakers,
        ingest: Ingest,
        clock: Clock,
        quotas: Quotas,
    ) -> None:
        self._speakers = speakers
        self._ingest = ingest
        self._clock = clock
        self._quotas = quotas

    async def answer(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Take a request in; every refusal is a problem document."""
        try:
            upload = self._upload(headers, body)
            return _reply(await self._ingest.take(upload))
        except Exception as error:  # every fault is answered as the table says
            return refused(error)

    def _upload(self, headers: Mapping[str, str], body: bytes) -> Upload:
        now = self._clock()
        speaker = self._speakers.of(headers.get("authorization", ""), now)
        self._quotas.spend(speaker.device_id, Sending.PINGS)
        if (encoding := headers.get("content-encoding")) is not None:
            body = unpack(body, encoding.strip().lower(), MOST_BYTES)
        pings = read_pings(body, headers.get("content-type", JSON))
        if (count := len(pings.fitting) + len(pings.refused)) > 1:
            self._quotas.spend_more(speaker.device_id, count - 1)
        fitting = pings.fitting
        if (sent_at := headers.get("geopush-sent-at")) is not None:
            fitting = _corrected(fitting, sent_at, now)
        return Upload(speaker.device_id, speaker.customer, fitting, pings.refused)


def refused(error: Exception) -> Reply:
    """An error as an answer to this route."""
    problem = problem_of(error)
    if problem.code == "internal":
        log.failed("request.failed", error, code=problem.code)
    body = problem_body(
        problem.code, problem.status_code, problem.detail, PATH, problem.problems
    )
    headers = (("content-type", MEDIA_TYPE), *(problem.headers or {}).items())
    return Reply(problem.status_code, body, headers)


def _corrected(fitting: Numbered, sent_at: str, now: datetime) -> Numbered:
    """The fitting pings with a wrong phone clock made good."""
    try:
        sent = msgspec.convert(sent_at, datetime)
    except msgspec.ValidationError:
        sent = None
    if sent is None or sent.tzinfo is None:
        detail = "Geopush-Sent-At is an RFC 3339 time with an offset."
        raise ProblemException("invalid_parameter", 400, detail)
    corrected = correct_skew([ping for _, ping in fitting], sent, now)
    return tuple(zip((at for at, _ in fitting), corrected, strict=True))


def _reply(answer: Answer) -> Reply:
    if isinstance(answer, Taken):
        is_new = answer.rejected or answer.transitions
        return _taken(answer) if is_new else _taken_before(answer)
    if isinstance(answer, NotPermitted):
        detail = "The customer does not let their location be used; nothing was kept."
        raise ProblemException("location_not_permitted", 403, detail)
    raise unauthorized("The device is not known any more; register it again.")


def _taken(answer: Taken) -> Reply:
    taken = PingsTaken(
        accepted=answer.accepted,
        late=answer.late,
        repeated=answer.repeated,
        rejected=answer.rejected,
        transitions=answer.transitions,
        inside=answer.inside,
        next_ping=INSIDE if answer.inside else OUTSIDE,
    )
    return Reply(202, _encoder.encode(taken), TAKEN)


# Most pings make nothing happen, and their answers are few.
_taken_before = lru_cache(maxsize=4_096)(_taken)
