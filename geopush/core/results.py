"""What came of an offer: every candidate is in exactly one place, and the sums hold."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from geopush.core.decision import Verdict
from geopush.core.experiment import NO_ARM, Arm
from geopush.core.message import ON_THE_WAY, State
from geopush.core.receipt import ReceiptKind
from zones import ZoneId

FEWEST = 10  # customers; a zone with fewer could tell on one of them

T = TypeVar("T", bound="Tale")
Key = TypeVar("Key", bound=Hashable)


class Came(Struct, frozen=True):
    """How many candidates at a zone came to the same verdict for the same reason."""

    zone_id: ZoneId | None
    verdict: Verdict
    reason: str
    count: int
    arm: Arm = NO_ARM


class Fared(Struct, frozen=True):
    """How many messages of a zone came to the same state."""

    zone_id: ZoneId | None
    state: State
    count: int
    arm: Arm = NO_ARM


class Heard(Struct, frozen=True):
    """Of how many messages of a zone phones reported this."""

    zone_id: ZoneId | None
    kind: ReceiptKind
    count: int
    arm: Arm = NO_ARM


class Tale(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of candidates; ``queued`` is all that is still on its way.

    What phones reported comes on top: of how many messages, each once.
    """

    candidates: int = 0
    decided: int = 0
    withheld: dict[str, int] = {}
    would_have_sent: int = 0
    deferred: int = 0
    queued: int = 0
    accepted: int = 0
    rejected: int = 0
    dead_address: int = 0
    expired: int = 0
    withdrawn: int = 0
    unknown: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    dismissed: int = 0
    answered: int = 0
    converted: int = 0


class ZoneTale(Tale, frozen=True, kw_only=True):
    """What came of candidates at a zone; null are the zones with few customers."""

    zone_id: ZoneId | None


class ArmTale(Tale, frozen=True, kw_only=True):
    """What came of candidates in one arm of the offer's experiment."""

    variant: str | None
    held_out: bool


class Results(Tale, frozen=True, kw_only=True):
    """What came of an offer: in all, by zone, and by arm of its experiment."""

    offer_id: str
    zones: tuple[ZoneTale, ...]
    variants: tuple[ArmTale, ...]


Counted = Came | Fared | Heard


def sum_up(
    offer_id: str, counted: Iterable[Counted], customers: Mapping[ZoneId | None, int]
) -> Results:
    """Add up what was counted; zones with few customers are one row."""
    rows = list(counted)
    zones = _apart(
        (one.zone_id if customers.get(one.zone_id, 0) >= FEWEST else None, one)
        for one in rows
    )
    arms = _apart(((one.arm.held_out, one.arm.variant or ""), one) for one in rows)
    order = sorted(zones, key=lambda zone_id: (zone_id is None, zone_id or ""))
    by_zone = [_tale(ZoneTale, zones[one], zone_id=one) for one in order]
    by_arm = [
        _tale(ArmTale, arms[arm], held_out=arm[0], variant=arm[1] or None)
        for arm in sorted(arms)
    ]
    return _tale(Results, rows, offer_id=offer_id, zones=by_zone, variants=by_arm)


def _apart(rows: Iterable[tuple[Key, Counted]]) -> dict[Key, list[Counted]]:
    parts: dict[Key, list[Counted]] = {}
    for key, one in rows:
        parts.setdefault(key, []).append(one)
    return parts


def _tale(kind: type[T], rows: Sequence[Counted], **about: object) -> T:
    """One tale of them all; verdicts, states and kinds are called as its fields are."""
    counts, withheld = Counter[str](), Counter[str]()
    for one in rows:
        match one:
            case Came(verdict=Verdict.WITHHELD):
                withheld[str(one.reason)] += one.count
            case Came():
                counts[one.verdict.value] += one.count
            case Fared():
                state = State.QUEUED if one.state in ON_THE_WAY else one.state
                counts[state.value] += one.count
            case Heard():
                counts[one.kind.value] += one.count
    candidates = sum(one.count for one in rows if isinstance(one, Came))
    told = {"candidates": candidates, "withheld": withheld, **counts}
    return msgspec.convert({**told, **about}, kind)
