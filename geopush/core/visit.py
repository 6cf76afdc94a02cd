"""Visits: who was in which zone from when till when, however late the pings come.

Transitions are told as they happen and stay told. Visits are corrected: the last few
fixes are kept as times and zones, and each that comes late is put where it belongs.
So a visit only rests on which zones covered a fix, never on what was known before it,
and the same fixes give the same visits in whatever order they came.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from msgspec import Struct

from geopush.core.times import WIDTH, first, micros, moment, pack, unpack
from zones import ZoneId

WINDOW = timedelta(minutes=10)  # how late a fix may come and still correct a visit
KEPT = 32  # fixes at most; a phone that tells more often has a shorter window
BREAK = timedelta(minutes=5)  # somebody back by then was only at the door
CONFIRMATIONS = 2  # fixes in a row outside before a visit can be over
_WINDOW = WINDOW // timedelta(microseconds=1)


class Seen(Struct, frozen=True, array_like=True, gc=False):
    """A fix without its place: when, and the zones that covered it."""

    at: datetime
    zones: tuple[ZoneId, ...] = ()


class Going(Struct, frozen=True, array_like=True, gc=False):
    """A visit that is going on, and the fixes outside since the last one inside."""

    began: datetime
    outs: int = 0
    out_since: datetime | None = None


class Run(Struct, frozen=True, array_like=True, gc=False):
    """Fixes in a row, packed, that the same zones covered."""

    zones: tuple[ZoneId, ...]
    times: bytes


class Memory(Struct, frozen=True, array_like=True, gc=False):
    """The last few fixes of a device, and the visits going on before them."""

    until: datetime | None = None
    going: dict[ZoneId, Going] = {}
    runs: tuple[Run, ...] = ()

    @property
    def fixes(self) -> tuple[Seen, ...]:
        """The fixes one by one, in their order."""
        return tuple(
            Seen(moment(at), run.zones) for run in self.runs for at in unpack(run.times)
        )


class Visit(Struct, frozen=True, order=True):
    """A device in a zone; ``left_at`` is None while it is there."""

    zone_id: ZoneId
    began: datetime
    left_at: datetime | None


class Revised(Struct, frozen=True):
    """What fixes made of the visits: those to be written, those that never were."""

    memory: Memory
    written: tuple[Visit, ...] = ()
    undone: tuple[Visit, ...] = ()


def revise(memory: Memory, fixes: Iterable[Seen]) -> Revised:
    """Put fixes where they belong; one from before the window changes nothing."""
    before = memory.fixes
    newest = before[-1].at if before else None
    known = {one.at for one in before}
    fresh = [
        one
        for one in fixes
        if one.at not in known and _counts(one.at, memory.until, newest)
    ]
    if not fresh:
        return Revised(memory)
    told = _told(memory.going, before)
    ordered = tuple(sorted((*before, *fresh), key=lambda one: one.at))
    after = _told(memory.going, ordered)
    return Revised(
        memory=_settle(memory, ordered),
        written=tuple(one for key, one in after.items() if told.get(key) != one),
        undone=tuple(one for key, one in told.items() if key not in after),
    )


def carry_on(
    memory: Memory, times: Sequence[int], zones: tuple[ZoneId, ...]
) -> Memory | None:
    """The memory after fixes newer than all before, where they tell nothing new.

    They do not if all that is kept was in the very same zones; None if it may be that
    they do. ``times`` are in microseconds.
    """
    if not (_is_even(memory.runs, zones) and _goes_on(memory.going, zones)):
        return None
    packed = pack(times)
    if memory.runs:
        packed = memory.runs[0].times + packed
    oldest = times[-1] - _WINDOW
    dropped = max(len(packed) // WIDTH - KEPT, 0)
    while first(packed[dropped * WIDTH :]) <= oldest:
        dropped += 1
    if dropped == 0:
        return Memory(memory.until, memory.going, (Run(zones, packed),))
    going = memory.going
    if len(going) < len(zones):
        began = Going(moment(first(packed)))
        going = {**going, **{one: began for one in zones if one not in going}}
    cut = dropped * WIDTH
    until = moment(first(packed[cut - WIDTH :]))
    return Memory(until, going, (Run(zones, packed[cut:]),))


def _is_even(runs: Sequence[Run], zones: tuple[ZoneId, ...]) -> bool:
    """Whether all fixes that are kept were in these zones; none were in none."""
    return runs[0].zones == zones if len(runs) == 1 else not (runs or zones)


def _goes_on(going: Mapping[ZoneId, Going], zones: tuple[ZoneId, ...]) -> bool:
    """Whether all that goes on does so in these zones, with nobody at the door."""
    return not going or all(
        one.outs == 0 and zone in zones for zone, one in going.items()
    )


def _counts(at: datetime, until: datetime | None, newest: datetime | None) -> bool:
    """Whether a fix is inside the window; one from before it is too late."""
    in_window = newest is None or at > newest - WINDOW
    return in_window and (until is None or at > until)


def _settle(memory: Memory, ordered: Sequence[Seen]) -> Memory:
    """Let go of the fixes that none can come before any more."""
    oldest = ordered[-1].at - WINDOW
    kept = next(number for number, one in enumerate(ordered) if one.at > oldest)
    kept = max(kept, len(ordered) - KEPT)
    if kept == 0:
        return Memory(memory.until, memory.going, _runs(ordered))
    going, _ = _walk(memory.going, ordered[:kept])
    return Memory(ordered[kept - 1].at, going, _runs(ordered[kept:]))


def _runs(fixes: Sequence[Seen]) -> tuple[Run, ...]:
    return tuple(
        Run(zones, pack([micros(one.at) for one in some]))
        for zones, some in groupby(fixes, key=_zones)
    )


def _told(
    going: Mapping[ZoneId, Going], fixes: Sequence[Seen]
) -> dict[tuple[ZoneId, datetime], Visit]:
    """All visits that the kept fixes tell of, by zone and beginning."""
    if not going and not any(one.zones for one in fixes):
        return {}
    still, over = _walk(going, fixes)
    over += [
        Visit(zone_id, one.began, one.out_since if _is_out(one) else None)
        for zone_id, one in still.items()
    ]
    return {(one.zone_id, one.began): one for one in sorted(over)}


def _walk(
    going: Mapping[ZoneId, Going], fixes: Sequence[Seen]
) -> tuple[dict[ZoneId, Going], list[Visit]]:
    """Go through fixes in their order: the visits still going on, and those over.

    Fixes in a row that the same zones covered are one step (the test that goes fix by
    fix fails if they are not).
    """
    still, over = dict(going), list[Visit]()
    for zones, some in groupby(fixes, key=_zones):
        row = list(some)
        if not (still or zones):
            continue
        for zone_id, one in list(still.items()):
            outside = 1 if zone_id in zones else len(row)
            since = one.out_since or row[0].at
            if _is_over(one.outs + outside - 1, since, row[outside - 1].at):
                over.append(Visit(zone_id, one.began, since))
                del still[zone_id]
            elif zone_id in zones:
                still[zone_id] = Going(one.began)
            else:
                still[zone_id] = Going(one.began, one.outs + outside, since)
        for zone_id in zones:
            still.setdefault(zone_id, Going(row[0].at))
    return still, over


def _zones(fix: Seen) -> tuple[ZoneId, ...]:
    return fix.zones


def _is_over(outs: int, since: datetime, at: datetime) -> bool:
    """Whether somebody who was out has been so for too long to be back."""
    return outs >= CONFIRMATIONS and at - since > BREAK


def _is_out(one: Going) -> bool:
    return one.outs >= CONFIRMATIONS
