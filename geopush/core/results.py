"""What came of an offer: every candidate is in exactly one place, and the sums hold."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from geopush.core.decision import Verdict
from geopush.core.experiment import NO_ARM, Arm
from geopush.core.message import State
from geopush.core.receipt import ReceiptKind
from zones import ZoneId

FEWEST = 10  # customers; a zone with fewer could tell on one of them


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


class Tale(Struct, frozen=True):
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


class ZoneTale(Struct, frozen=True):
    """What came of candidates at a zone; null are the zones with few customers."""

    zone_id: ZoneId | None
    results: Tale


class ArmTale(Struct, frozen=True):
    """What came of candidates in one arm of the offer's experiment."""

    variant: str | None
    held_out: bool
    results: Tale


class Results(Struct, frozen=True):
    """What came of an offer: in all, by zone, and by arm of its experiment."""

    offer_id: str
    results: Tale
    zones: tuple[ZoneTale, ...]
    variants: tuple[ArmTale, ...]


Counted = Came | Fared | Heard


def sum_up(
    offer_id: str, counted: Iterable[Counted], customers: Mapping[ZoneId | None, int]
) -> Results:
    """Add up what was counted; zones with few customers are one row."""
    whole = Tale()
    zones: dict[ZoneId | None, Tale] = {}
    arms: dict[tuple[bool, str], Tale] = {}
    for one in counted:
        many = customers.get(one.zone_id, 0) >= FEWEST
        place = one.zone_id if many else None
        arm = one.arm.held_out, one.arm.variant or ""
        whole = _with(whole, one)
        zones[place] = _with(zones.get(place, Tale()), one)
        arms[arm] = _with(arms.get(arm, Tale()), one)
    order = sorted(zones, key=lambda zone_id: (zone_id is None, zone_id or ""))
    return Results(
        offer_id,
        whole,
        tuple(ZoneTale(zone_id, zones[zone_id]) for zone_id in order),
        tuple(
            ArmTale(variant or None, held_out, arms[held_out, variant])
            for held_out, variant in sorted(arms)
        ),
    )


def _with(tale: Tale, one: Counted) -> Tale:
    if isinstance(one, Fared):
        return _with_messages(tale, one)
    if isinstance(one, Heard):
        return _with_receipts(tale, one)
    tale = replace(tale, candidates=tale.candidates + one.count)
    match one.verdict:
        case Verdict.DECIDED:
            return replace(tale, decided=tale.decided + one.count)
        case Verdict.WOULD_HAVE_SENT:
            would_have_sent = tale.would_have_sent + one.count
            return replace(tale, would_have_sent=would_have_sent)
        case Verdict.DEFERRED:
            return replace(tale, deferred=tale.deferred + one.count)
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


def _with_receipts(tale: Tale, one: Heard) -> Tale:
    match one.kind:
        case ReceiptKind.DELIVERED:
            return replace(tale, delivered=tale.delivered + one.count)
        case ReceiptKind.OPENED:
            return replace(tale, opened=tale.opened + one.count)
        case ReceiptKind.CLICKED:
            return replace(tale, clicked=tale.clicked + one.count)
        case ReceiptKind.DISMISSED:
            return replace(tale, dismissed=tale.dismissed + one.count)
        case ReceiptKind.ANSWERED:
            return replace(tale, answered=tale.answered + one.count)
        case ReceiptKind.CONVERTED:
            return replace(tale, converted=tale.converted + one.count)
