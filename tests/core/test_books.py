"""The law of the books: on any day every candidate is in exactly one place."""

import random
from collections import Counter

import pytest
from msgspec.structs import asdict

from geopush.core.decision import Reason, Verdict
from geopush.core.message import State
from geopush.core.receipt import ReceiptKind
from geopush.core.results import (
    FEWEST,
    Came,
    Counted,
    Fared,
    Heard,
    Tale,
    sum_up,
)
from tests.core.history import day

DAYS = range(1, 5)
ALLOWED = {
    Verdict.DECIDED: (Reason.DECIDED,),
    Verdict.WOULD_HAVE_SENT: (Reason.SHADOW, Reason.HOLDOUT),
    Verdict.DEFERRED: (Reason.QUIET_HOURS,),
}


def balances(tale: Tale) -> bool:
    """Whether both lines of the law hold."""
    withheld = sum(tale.withheld.values())
    sent = tale.decided + tale.would_have_sent + tale.deferred
    fared = tale.queued + tale.accepted + tale.rejected + tale.dead_address
    ended = tale.expired + tale.withdrawn + tale.unknown
    return tale.candidates == withheld + sent and tale.decided == fared + ended


@pytest.mark.parametrize("seed", DAYS)
def test_every_candidate_ends_in_exactly_one_row(seed: int) -> None:
    rows: Counter[object] = Counter()
    for world, changes in day(seed):
        for change in changes:
            customer = change.known.customer
            awaited = Counter(
                (offer.offer_id, one.transition.zone_id, one.transition.kind)
                for one in change.happened
                if (zone := world.catalog.zone(one.transition.zone_id)) is not None
                for offer in world.catalog.offers_for(one.transition.kind, zone)
            )
            ended = Counter(
                (one.offer_id, one.zone_id, one.occasion.partition(":")[0])
                for one in change.decided
            )
            assert ended == awaited
            rows.update((customer, one.decision_id) for one in change.decided)
            sent = [one for one in change.decided if one.verdict is Verdict.DECIDED]
            assert {one.decision_id for one in sent} == {
                one.message_id for one in change.messages
            }
    assert rows
    assert set(rows.values()) == {1}


@pytest.mark.parametrize("seed", DAYS)
def test_the_reason_of_a_row_is_that_of_its_last_gate(seed: int) -> None:
    for _, changes in day(seed):
        for one in (one for change in changes for one in change.decided):
            assert one.reason in ALLOWED.get(one.verdict, Reason)
            if one.verdict is Verdict.WITHHELD:
                shut = [gate for gate in one.trace if gate.reason is not None]
                assert shut == [one.trace[-1]]
                assert shut[0].reason is one.reason


@pytest.mark.parametrize("seed", DAYS)
def test_the_sums_of_every_offer_hold_in_all_and_by_zone(seed: int) -> None:
    dice = random.Random(seed)
    rows = [
        (one, change.known.customer)
        for _, changes in day(seed)
        for change in changes
        for one in change.decided
    ]
    for offer_id in sorted({one.offer_id for one, _ in rows}):
        own = [row for row in rows if row[0].offer_id == offer_id]
        came = Counter((one.zone_id, one.verdict, one.reason) for one, _ in own)
        fared = Counter(
            (one.zone_id, dice.choice(list(State)))
            for one, _ in own
            if one.verdict is Verdict.DECIDED
        )
        customers = {one.zone_id: dice.choice([1, FEWEST]) for one, _ in own}
        results = sum_up(
            offer_id,
            [
                *(Came(*row, count) for row, count in came.items()),
                *(Fared(*row, count) for row, count in fared.items()),
            ],
            customers,
        )
        assert balances(results)
        assert results.candidates == len(own)
        assert all(balances(part) for part in results.zones + results.variants)
        assert sum(zone.candidates for zone in results.zones) == len(own)


@pytest.mark.parametrize(
    "one",
    [
        *(Came(None, verdict, "capped", 3) for verdict in Verdict),
        *(Fared(None, state, 3) for state in State),
        *(Heard(None, kind, 3) for kind in ReceiptKind),
    ],
)
def test_whatever_can_come_of_an_offer_has_its_place(one: Counted) -> None:
    told = asdict(sum_up("ice", [one], {}))
    came = told.pop("candidates"), sum(told.pop("withheld").values())
    rest = sum(count for count in told.values() if isinstance(count, int))
    withheld = isinstance(one, Came) and one.verdict is Verdict.WITHHELD
    assert came == (3 if isinstance(one, Came) else 0, 3 if withheld else 0)
    assert rest == (0 if withheld else 3)
