"""Visits: who was in which zone from when till when, however late the pings come.

Transitions are told as they happen and stay told. Visits are corrected: the last few
fixes are kept as times and zones, and each that comes late is put where it belongs.
So a visit only rests on which zones covered a fix, never on what was known before it,
and the same fixes give the same visits in whatever order they came.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from zones import ZoneId

WINDOW = timedelta(minutes=10)  # how late a fix may come and still correct a visit
KEPT = 32  # fixes at most; a phone that tells more often has a shorter window
BREAK = timedelta(minutes=5)  # somebody back by then was only at the door
CONFIRMATIONS = 2  # fixes in a row outside before a visit can be over


class Seen(Struct, frozen=True, array_like=True):
    """A fix without its place: when, and the zones that covered it."""

    at: datetime
    zones: tuple[ZoneId, ...] = ()


class Going(Struct, frozen=True, array_like=True):
    """A visit that is going on, and the fixes outside since the last one inside."""

    began: datetime
    outs: int = 0
    out_since: datetime | None = None


class Memory(Struct, frozen=True, array_like=True):
    """The last few fixes of a device, and the visits going on before them."""

    until: datetime | None = None
    going: dict[ZoneId, Going] = {}
    fixes: tuple[Seen, ...] = ()


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
    newest = max((one.at for one in memory.fixes), default=None)
    known = {one.at for one in memory.fixes}
    fresh = [
        one
        for one in fixes
        if one.at not in known and _counts(one.at, memory.until, newest)
    ]
    if not fresh:
        return Revised(memory)
    told = _told(memory.going, memory.fixes)
    ordered = tuple(sorted((*memory.fixes, *fresh), key=lambda one: one.at))
    after = _told(memory.going, ordered)
    return Revised(
        memory=_settle(memory, ordered),
        written=tuple(one for key, one in after.items() if told.get(key) != one),
        undone=tuple(one for key, one in told.items() if key not in after),
    )


def _counts(at: datetime, until: datetime | None, newest: datetime | None) -> bool:
    """Whether a fix is inside the window; one from before it is too late."""
    in_window = newest is None or at > newest - WINDOW
    return in_window and (until is None or at > until)


def _settle(memory: Memory, ordered: Sequence[Seen]) -> Memory:
    """Let go of the fixes that none can come before any more."""
    oldest = ordered[-1].at - WINDOW
    first = next(number for number, one in enumerate(ordered) if one.at > oldest)
    first = max(first, len(ordered) - KEPT)
    if first == 0:
        return Memory(memory.until, memory.going, tuple(ordered))
    going, _ = _walk(memory.going, ordered[:first])
    return Memory(ordered[first - 1].at, going, tuple(ordered[first:]))


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
    """Go through fixes in their order: the visits still going on, and those over."""
    still, over = dict(going), list[Visit]()
    for fix in fixes:
        for zone_id, one in list(still.items()):
            if _is_over(one, fix.at):
                over.append(Visit(zone_id, one.began, one.out_since))
                del still[zone_id]
            elif zone_id in fix.zones:
                still[zone_id] = Going(one.began)
            else:
                since = one.out_since or fix.at
                still[zone_id] = Going(one.began, one.outs + 1, since)
        for zone_id in fix.zones:
            still.setdefault(zone_id, Going(fix.at))
    return still, over


def _is_out(one: Going) -> bool:
    return one.outs >= CONFIRMATIONS


def _is_over(one: Going, at: datetime) -> bool:
    """Whether somebody who was out has been so for too long to be back."""
    return _is_out(one) and one.out_since is not None and at - one.out_since > BREAK
