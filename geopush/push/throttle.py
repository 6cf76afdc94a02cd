"""How fast a gateway may go, when it is left alone, and when we doubt ourselves.

Each app's way through each gateway has a throttle of its own. Time is an argument, in
seconds of a clock that never jumps.
"""

from collections import deque

from msgspec import Struct

from geopush.core.message import (
    AddressSuspect,
    AuthFailed,
    Objection,
    Outcome,
    Throttled,
    Transient,
)


class Pace(Struct, frozen=True):
    """The settings of a throttle; seconds unless they say otherwise."""

    first: int = 32  # messages in flight to begin with
    most: int = 1000  # streams that Apple typically allows on a connection
    settling: float = 1.0  # answers this soon after a slowing tell of the pace before
    failures: int = 10  # fewer than these open no breaker
    failing_share: float = 0.5  # of the answers of the last while
    watched: float = 10.0  # how long that while is
    first_rest: float = 1.0  # a gateway that fails rests so long; doubles each time
    longest_rest: float = 60.0
    pause: float = 60.0  # after a gateway did not know us
    suspects: int = 5  # fewer refused addresses than these raise no alarm
    suspect_share: float = 0.2  # of a minute's answers: more must be our own mistake
    minute: float = 60.0


STEADY = Pace()


class Recent:
    """How many answers of the last while were hits, forgotten a tenth at a time."""

    def __init__(self, seconds: float) -> None:
        self._slice = seconds / 10
        self._slices: deque[tuple[int, int, int]] = deque()

    def note(self, is_hit: bool, now: float) -> None:
        """Count an answer."""
        self._forget(now)
        at = int(now / self._slice)
        if not self._slices or self._slices[-1][0] != at:
            self._slices.append((at, 0, 0))
        _, hits, total = self._slices[-1]
        self._slices[-1] = (at, hits + is_hit, total + 1)

    def exceeds(self, least: int, share: float, now: float) -> bool:
        """Whether there were at least so many hits, and more than this share."""
        self._forget(now)
        hits = sum(one[1] for one in self._slices)
        total = sum(one[2] for one in self._slices)
        return hits >= least and hits > share * total

    def clear(self) -> None:
        """Begin anew."""
        self._slices.clear()

    def _forget(self, now: float) -> None:
        while self._slices and self._slices[0][0] <= int(now / self._slice) - 10:
            self._slices.popleft()


class Limiter:
    """Finds how many may be in flight: more while all is well, half when it is not."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._doubling_below = float(pace.most)
        self._deaf_until = 0.0
        self.limit = float(pace.first)

    def faster(self, in_flight: int) -> None:
        """Allow a little more, if what is allowed is being used."""
        if in_flight * 2 < self.limit:
            return
        step = 1.0 if self.limit < self._doubling_below else 1 / self.limit
        self.limit = min(self.limit + step, float(self._pace.most))

    def slower(self, now: float) -> None:
        """Allow half; several signs of one moment halve once."""
        if now < self._deaf_until:
            return
        self.limit = max(self.limit / 2, 1.0)
        self._doubling_below = self.limit
        self._deaf_until = now + self._pace.settling


class Breaker:
    """Leaves a gateway alone for a while, then tries with one message."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._answers = Recent(pace.watched)
        self._rest = pace.first_rest
        self._until = 0.0
        self.why: str | None = None

    def lets(self, in_flight: int, now: float) -> int | None:
        """How many may be in flight because of it; None if it does not mind."""
        if self.why is None:
            return None
        is_probing = now >= self._until and in_flight == 0
        return 1 if is_probing else 0

    def worked(self, now: float) -> None:
        """An answer that speaks well of the gateway; only a probe's ends a rest."""
        self._answers.note(False, now)
        if self.why is not None and now >= self._until:
            self._close()

    def failed(self, reason: str, now: float) -> None:
        """A transport error or a 5xx."""
        self._answers.note(True, now)
        if self.why is not None:
            if now >= self._until:
                self._rest = min(self._rest * 2, self._pace.longest_rest)
                self.rest(reason, self._rest, now)
        elif self._answers.exceeds(self._pace.failures, self._pace.failing_share, now):
            self.rest(reason, self._rest, now)

    def rest(self, why: str, seconds: float, now: float) -> None:
        """Leave the gateway alone for so long."""
        self.why = why
        self._until = max(self._until, now + seconds)

    def _close(self) -> None:
        self.why = None
        self._rest = self._pace.first_rest
        self._answers.clear()


class Throttle:
    """The limiter, the breaker and the alarm of one app's way through one gateway."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._limiter = Limiter(pace)
        self._breaker = Breaker(pace)
        self._suspects = Recent(pace.minute)
        self.in_flight = 0

    @property
    def limit(self) -> int:
        """How many may be in flight while nothing is wrong."""
        return int(self._limiter.limit)

    def room(self, now: float) -> int:
        """How many more messages may be taken on now."""
        lets = self._breaker.lets(self.in_flight, now)
        if lets is not None:
            return lets
        return max(0, self.limit - self.in_flight)

    def begin(self) -> None:
        """One more message is on its way."""
        self.in_flight += 1

    def end(self, outcome: Outcome, now: float) -> None:
        """Learn from what became of one of them."""
        self._learn(outcome, now)
        self.in_flight -= 1

    def suspects_us(self, now: float) -> bool:
        """Whether so many addresses are refused that it must be our own mistake."""
        return self._suspects.exceeds(
            self._pace.suspects, self._pace.suspect_share, now
        )

    def trouble(self, now: float) -> str | None:
        """Say what keeps messages waiting, or what an operator must look at."""
        if self._breaker.why is not None:
            return f"paused: {self._breaker.why}"
        if self.suspects_us(now):
            return "many addresses are refused: is this the right environment and app?"
        return None

    def _learn(self, outcome: Outcome, now: float) -> None:
        match outcome:
            case Objection():
                pass
            case AuthFailed(reason=reason, detail=detail):
                self._breaker.rest(_said(reason, detail), self._pace.pause, now)
            case Transient(reason=reason, detail=detail):
                self._limiter.slower(now)
                self._breaker.failed(_said(reason, detail), now)
            case Throttled(scope="app" | "project", reason=reason, retry_after=after):
                self._limiter.slower(now)
                self._breaker.worked(now)
                if after is not None:
                    self._breaker.rest(reason, after.total_seconds(), now)
            case _:  # it is well, whatever it says of one address or one message
                self._suspects.note(isinstance(outcome, AddressSuspect), now)
                self._limiter.faster(self.in_flight)
                self._breaker.worked(now)


def _said(reason: str, detail: str) -> str:
    return f"{reason} ({detail})" if detail else reason
