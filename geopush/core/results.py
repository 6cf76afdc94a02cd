"""What came of an offer: every candidate is in exactly one place, and the sums hold."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from geopush.core.decision import Verdict
from geopush.core.message import State
from zones import ZoneId

FEWEST = 10  # customers; a zone with fewer could tell on one of them


class Came(Struct, frozen=True):
    """How many candidates at a zone came to the same verdict for the same reason."""

    zone_id: ZoneId | None
    verdict: Verdict
    reason: str
    count: int


class Fared(Struct, frozen=True):
    """How many messages of a zone came to the same state."""

    zone_id: ZoneId | None
    state: State
    count: int


class Tale(Struct, frozen=True):
    """What came of candidates; ``queued`` is all that is still on its way."""

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


class ZoneTale(Struct, frozen=True):
    """What came of candidates at a zone; null are the zones with few customers."""

    zone_id: ZoneId | None
    results: Tale


class Results(Struct, frozen=True):
    """What came of an offer, in all and by zone."""

    offer_id: str
    results: Tale
    zones: tuple[ZoneTale, ...]


def sum_up(
    offer_id: str,
    came: Iterable[Came],
    fared: Iterable[Fared],
    customers: Mapping[ZoneId | None, int],
) -> Results:
    """Add up candidates and messages; zones with few customers are one row."""
    whole, parts = Tale(), dict[ZoneId | None, Tale]()
    counted: list[Came | Fared] = [*came, *fared]
    for one in counted:
        many = customers.get(one.zone_id, 0) >= FEWEST
        place = one.zone_id if many else None
        whole = _with(whole, one)
        parts[place] = _with(parts.get(place, Tale()), one)
    order = sorted(parts, key=lambda zone_id: (zone_id is None, zone_id or ""))
    rows = tuple(ZoneTale(zone_id, parts[zone_id]) for zone_id in order)
    return Results(offer_id, whole, rows)


def _with(tale: Tale, one: Came | Fared) -> Tale:
    if isinstance(one, Fared):
        return _with_messages(tale, one)
    tale = replace(tale, candidates=tale.candidates + one.count)
    match one.verdict:
        case Verdict.DECIDED:
            return replace(tale, decided=tale.decided + one.count)
        case Verdict.WOULD_HAVE_SENT:
            would_have_sent = tale.would_have_sent + one.count
            return replace(tale, would_have_sent=would_have_sent)
        case Verdict.WITHHELD:
            count = tale.withheld.get(one.reason, 0) + one.count
            return replace(tale, withheld={**tale.withheld, one.reason: count})


def _with_messages(tale: Tale, one: Fared) -> Tale:
    match one.state:
        case State.QUEUED | State.CLAIMED | State.RETRY:
            return replace(tale, queued=tale.queued + one.count)
        case State.ACCEPTED:
            return replace(tale, accepted=tale.accepted + one.count)
        case State.REJECTED:
            return replace(tale, rejected=tale.rejected + one.count)
        case State.DEAD_ADDRESS:
            return replace(tale, dead_address=tale.dead_address + one.count)
        case State.EXPIRED:
            return replace(tale, expired=tale.expired + one.count)
        case State.WITHDRAWN:
            return replace(tale, withdrawn=tale.withdrawn + one.count)
        case State.UNKNOWN:
            return replace(tale, unknown=tale.unknown + one.count)
