"""Experiments: who is in which arm, what each arm is told, and what is counted."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopush.core.change import Decided
from geopush.core.decision import Reason, Verdict
from geopush.core.experiment import NO_ARM, Arm, Experiment, Variant, arm_of
from geopush.core.known import Known
from geopush.core.occasion import World
from tests.core.world import (
    FAR,
    NOON,
    a_customer,
    a_world,
    after,
    an_offer,
    ping,
    run,
    the_change,
    upload,
)

KEY = b"the key of a deployment"
PEOPLE = [f"customer-{number}" for number in range(4000)]


def arms(*weights: float, holdout: float = 0.0, offer_id: str = "ice") -> list[Arm]:
    variants = tuple(Variant(f"v{at}", one) for at, one in enumerate(weights))
    experiment = Experiment(holdout, variants)
    return [arm_of(experiment, offer_id, one, KEY) for one in PEOPLE]


def test_shares_hold_in_proportion() -> None:
    counts = Counter(arms(0.2, 0.6, 0.0, holdout=0.25))
    assert counts[Arm(held_out=True)] == pytest.approx(1000, rel=0.15)
    assert counts[Arm("v0")] == pytest.approx(750, rel=0.15)
    assert counts[Arm("v1")] == pytest.approx(2250, rel=0.15)
    assert counts[Arm("v2")] == 0


def test_who_is_held_out_stays_so_when_more_are() -> None:
    few, many = arms(1.0, holdout=0.1), arms(1.0, holdout=0.2)
    assert all(b.held_out for a, b in zip(few, many, strict=True) if a.held_out)


def test_a_share_that_grows_moves_only_those_who_come_to_it() -> None:
    before, after = arms(0.5, 0.5, 0.5), arms(0.5, 0.5, 0.6)
    moved = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert all(b == Arm("v2") for _, b in moved)
    assert 0 < len(moved) < len(PEOPLE) * 0.07  # 0.6 of 1.6 and 0.5 of 1.5: 4.2 %


def test_the_arms_of_two_offers_have_nothing_to_do_with_each_other() -> None:
    both = Counter(zip(arms(0.5, 0.5), arms(0.5, 0.5, offer_id="tea"), strict=True))
    assert all(count == pytest.approx(1000, rel=0.15) for count in both.values())


def test_another_key_makes_other_arms() -> None:
    experiment = Experiment(0.5)
    held = [arm_of(experiment, "ice", one, KEY) for one in PEOPLE]
    assert held != [arm_of(experiment, "ice", one, b"another") for one in PEOPLE]


@given(st.text(), st.text())
def test_an_arm_is_the_same_every_time(offer_id: str, customer_id: str) -> None:
    experiment = Experiment(0.3, (Variant("a", 0.5), Variant("b", 0.2)))
    asked = experiment, offer_id, customer_id, KEY
    assert arm_of(*asked) == arm_of(*asked)


def test_without_an_experiment_nobody_is_in_an_arm() -> None:
    assert arm_of(None, "ice", "anna", KEY) == NO_ARM


TWO = {
    "variants": [
        {"id": "a", "weight": 1},
        {"id": "b", "weight": 0, "message": {"title": {"en": "Sun!"}}},
    ]
}


@pytest.mark.parametrize(
    ("weights", "title"), [((1, 0), "Ice cream weather"), ((0, 1), "Sun!")]
)
def test_a_variant_says_what_differs(weights: tuple[float, float], title: str) -> None:
    first, second = TWO["variants"]
    variants = [{**first, "weight": weights[0]}, {**second, "weight": weights[1]}]
    world = a_world(offers=[an_offer(experiment={"variants": variants})])
    change = the_change(run(a_customer(), upload(ping(0)), world=world))
    assert change.messages[0].content.title == title
    assert change.messages[0].content.body == "24 C at Da Mario"
    assert change.decided[0].variant == ("a" if weights[0] else "b")


NOBODY = {"experiment": {"holdout": 1.0}}


def decided(world: World, known: Known | None = None) -> tuple[Decided, ...]:
    return the_change(run(known or a_customer(), upload(ping(0)), world=world)).decided


def test_who_is_held_out_is_decided_with_everything_and_sent_nothing() -> None:
    change = the_change(
        run(a_customer(), upload(ping(0)), world=a_world(offers=[an_offer(**NOBODY)]))
    )
    (row,) = change.decided
    assert (row.verdict, row.reason) == (Verdict.WOULD_HAVE_SENT, Reason.HOLDOUT)
    assert row.held_out
    assert change.messages == ()


def test_what_would_be_withheld_is_withheld_from_those_held_out_too() -> None:
    offer = an_offer(**NOBODY, apps=["other"])
    (row,) = decided(a_world(offers=[offer]))
    assert (row.verdict, row.reason) == (Verdict.WITHHELD, Reason.OTHER_APP)
    assert row.held_out


def test_others_are_outranked_by_what_is_held_out() -> None:
    offers = [an_offer(**NOBODY), an_offer("tea", priority=10)]
    held, tea = decided(a_world(offers=offers))
    assert held.reason is Reason.HOLDOUT
    assert (tea.reason, tea.trace[-1].threshold) == (Reason.OUTRANKED, "ice-cream")


def a_day(holdout: float) -> World:
    """Two offers for whoever comes by, the better one with so many held out."""
    words = {"title": {"en": "Come in"}, "body": {"en": "At {{ zone.name }}"}}
    always = {"conditions": None, "max_event_age_seconds": 604_800, "message": words}
    return a_world(
        offers=[
            an_offer(experiment={"holdout": holdout}, **always),
            an_offer("tea", priority=10, caps=[], **always),
        ]
    )


OPEN, HELD_OUT = a_day(0.0), a_day(1.0)


def walk(world: World, gaps: list[int]) -> list[Reason]:
    """What every candidate of a walk in and out of the shop came to."""
    known, reasons, at = a_customer(), list[Reason](), 0
    for gap in gaps:
        at += gap
        pings = ping(at), ping(at + 1, FAR), ping(at + 2, FAR)
        now = NOON + timedelta(seconds=at + 2)
        evaluation = run(known, upload(*pings), world=world, now=now)
        known = after(known, evaluation)
        reasons += [one.reason for one in the_change(evaluation).decided]
    return reasons


@settings(max_examples=40)
@given(st.lists(st.sampled_from([5, 600, 40_000, 90_000]), min_size=1, max_size=6))
def test_who_is_held_out_is_capped_as_all_others_are(gaps: list[int]) -> None:
    held = walk(HELD_OUT, gaps)
    assert Reason.HOLDOUT in held
    same = [Reason.DECIDED if one is Reason.HOLDOUT else one for one in held]
    assert same == walk(OPEN, gaps)
