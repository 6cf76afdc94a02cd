"""The books balance on an honest day and fail on every single wrong fact."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from geopush.sandbox.books import balance
from geopush.sandbox.phones import RejectedPing, Taken
from geopush.sandbox.story import Inbox, Story
from tests.sandbox.days import (
    AGREED,
    ICE,
    LUNCH,
    ONE_A_DAY,
    a_story,
    a_walker,
    arrived,
    clock,
    decision,
    inbox,
    message,
    posted,
    prefers,
    refused,
    reported,
    with_offer,
    with_second,
)

Plant = Callable[[Story], Story]


def test_the_books_of_an_honest_day_balance() -> None:
    assert balance(a_story()) == []


@pytest.mark.parametrize(
    "honest",
    [
        lambda s: replace(s, uploads=(*s.uploads, refused())),
        lambda s: replace(
            s, decisions=(*s.decisions, decision("15:20", "capped", offer_id=LUNCH))
        ),
        lambda s: replace(
            s, messages=(message("12:40", "unknown"),), phones=(inbox(),)
        ),
        lambda s: replace(
            s, walkers=(bob(), a_walker(preferences=prefers(("22:00", "08:00"))))
        ),
        lambda s: replace(
            s, walkers=(bob(), a_walker(preferences=prefers(most=ONE_A_DAY)))
        ),
        lambda _: with_second("16:00", offer_id=LUNCH),
        lambda _: given_back(with_second("16:00")),
    ],
    ids=[
        "whoever did not agree to location may be refused as often as they post",
        "a dwell is decided on a timer that no phone is told of",
        "a message may be lost where it is sent at most once",
        "quiet hours at night are no obstacle at noon",
        "one message is not more than one",
        "another offer is not capped by the first",
        "what surely did not go gives its cap back",
    ],
)
def test_an_honest_change_leaves_them_balanced(honest: Plant) -> None:
    assert balance(honest(a_story())) == []


def bob() -> object:
    return a_story().walkers[1]


def given_back(story: Story) -> Story:
    ended = replace(story.messages[0], state="expired")
    second = story.phones[0].received[1]
    return replace(story, messages=(ended, story.messages[1]), phones=(inbox(second),))


def ada(**changes: object) -> Plant:
    return lambda s: replace(s, walkers=(a_walker(**changes), s.walkers[1]))


WRONG: dict[str, tuple[Plant, str]] = {
    "a ping that is not accounted for": (
        lambda s: replace(s, uploads=(replace(s.uploads[0], sent=2), *s.uploads[1:])),
        "2 pings of ada at 2023-05-31T12:40:00-04:00 were counted as 1",
    ),
    "a rejected ping that was counted twice": (
        lambda s: replace(
            s,
            uploads=(
                *s.uploads,
                replace(
                    posted("16:00"),
                    answer=Taken(1, 0, 0, [RejectedPing(0, "too_old")], [], []),
                ),
            ),
        ),
        "1 pings of ada at 2023-05-31T16:00:00-04:00 were counted as 2",
    ),
    "pings refused to somebody who agreed": (
        lambda s: replace(s, uploads=(*s.uploads, refused("ada"))),
        "of ada at 2023-05-31T12:40:00-04:00 were refused: 403",
    ),
    "pings refused for want of room": (
        lambda s: replace(s, uploads=(*s.uploads, refused("bob", 503))),
        "were refused: 503 unavailable",
    ),
    "pings taken without consent to location": (
        lambda s: replace(s, uploads=(*s.uploads, posted("16:00", name="bob"))),
        "of bob at 2023-05-31T16:00:00-04:00 were taken without consent to location",
    ),
    "a visit that nobody decided about": (
        lambda s: replace(s, uploads=(*s.uploads, posted("16:00", ("enter", "r-1")))),
        "ice-cream was considered 1 times for ada at r-1, but there were 2 occasions",
    ),
    "a dwell that nobody decided about": (
        lambda s: replace(s, uploads=(*s.uploads, posted("16:00", ("dwell", "r-1")))),
        "lunch was considered 0 times for ada at r-1, but there were 1 occasions",
    ),
    "a decision without an occasion": (
        lambda s: replace(s, decisions=(*s.decisions, decision("16:00", "capped"))),
        "ice-cream was considered 2 times for ada at r-1, but there were 1 occasions",
    ),
    "a decision of an unknown kind": (
        lambda s: replace(
            s, decisions=(s.decisions[0], replace(s.decisions[1], verdict="dropped"))
        ),
        "came to 'dropped', which is nothing known",
    ),
    "a decision without a reason": (
        lambda s: replace(
            s, decisions=(s.decisions[0], replace(s.decisions[1], reason=""))
        ),
        "came to 'withheld' for the reason ''",
    ),
    "a decision withheld for having been decided": (
        lambda s: replace(
            s, decisions=(s.decisions[0], replace(s.decisions[1], reason="decided"))
        ),
        "came to 'withheld' for the reason 'decided'",
    ),
    "a decision in the list twice": (
        lambda s: replace(s, decisions=(*s.decisions, s.decisions[0])),
        "The decision ice-cream/ada/12:40 is in the list more than once",
    ),
    "a decision without a message": (
        lambda s: replace(s, messages=(), phones=()),
        "ice-cream was decided 1 times for ada at r-1, but there are 0 messages",
    ),
    "a message without a decision": (
        lambda s: replace(s, decisions=(decision("12:40", "capped"), s.decisions[1])),
        "ice-cream was decided 0 times for ada at r-1, but there are 1 messages",
    ),
    "a message in the list twice": (
        lambda s: replace(s, messages=s.messages * 2),
        "The message ice-cream/ada/12:40 is in the list more than once",
    ),
    "a message in no state there is": (
        lambda s: replace(s, messages=(message("12:40", "gone"),), phones=()),
        "The message ice-cream/ada/12:40 is 'gone': no state there is",
    ),
    "a message that never left": (
        lambda s: replace(s, messages=(message("12:40", "queued"),), phones=()),
        "The message ice-cream/ada/12:40 is still queued at the end",
    ),
    "an accepted message that never arrived": (
        lambda s: replace(s, phones=()),
        "The message ice-cream/ada/12:40 was accepted and never arrived",
    ),
    "a push that arrived twice": (
        lambda s: replace(s, phones=(inbox(arrived("12:40"), arrived("12:40")),)),
        "The message ice-cream/ada/12:40 arrived more than once",
    ),
    "a push that the phone knew as a repeat": (
        lambda s: replace(s, phones=(inbox(replace(arrived("12:40"), repeat=True)),)),
        "The message ice-cream/ada/12:40 arrived more than once",
    ),
    "a push that was never a message": (
        lambda s: replace(s, phones=(inbox(arrived("12:40"), arrived("12:41")),)),
        "A push ice-cream/ada/12:41 arrived that nobody accepted",
    ),
    "a push on somebody else's phone": (
        lambda s: replace(s, phones=(Inbox("another", s.phones[0].received),)),
        "The message ice-cream/ada/12:40 arrived on somebody else's phone",
    ),
    "an offer to somebody who refused pushes": (
        ada(consents=AGREED | {"push_marketing": False}),
        "ice-cream went to ada at 2023-05-31T12:40:00-04:00 without consent to"
        " push_marketing",
    ),
    "an offer to somebody who was never asked about pushes": (
        ada(consents={"location": True}),
        "ice-cream went to ada at 2023-05-31T12:40:00-04:00 without consent to"
        " push_marketing",
    ),
    "an offer to somebody who refused location": (
        ada(consents=AGREED | {"location": False}),
        "ice-cream went to ada at 2023-05-31T12:40:00-04:00 without consent to"
        " location",
    ),
    "a push on a phone that refused them": (
        lambda s: replace(s, phones=(*s.phones, inbox(arrived("12:41"), name="bob"))),
        "1 pushes arrived on a phone that refused them",
    ),
    "an offer twice in a day": (
        lambda _: with_second("16:00"),
        "ice-cream went to ada at 2023-05-31T16:00:00-04:00 over a cap of 1 for offer",
    ),
    "a third offer of a kind within hours": (
        lambda _: with_offer(
            with_second("13:00", offer_id=LUNCH),
            LUNCH,
            caps=[
                {"scope": "category", "limit": 1, "window": {"rolling": "PT21M"}},
            ],
        ),
        "lunch went to ada at 2023-05-31T13:00:00-04:00 over a cap of 1 for category",
    ),
    "more messages than somebody wants": (
        lambda _: ada(preferences=prefers(most=ONE_A_DAY))(
            with_second("16:00", offer_id=LUNCH)
        ),
        "lunch went to ada at 2023-05-31T16:00:00-04:00 over a cap of 1 for all",
    ),
    "an offer in quiet hours": (
        ada(preferences=prefers(quiet=("12:00", "14:00"))),
        "ice-cream went to ada at 2023-05-31T12:40:00-04:00 in their quiet hours",
    ),
    "an offer in quiet hours that pass midnight": (
        ada(preferences=prefers(quiet=("19:00", "13:00"))),
        "ice-cream went to ada at 2023-05-31T12:40:00-04:00 in their quiet hours",
    ),
    "an offer in quiet hours of somebody elsewhere": (
        ada(preferences=prefers(quiet=("18:00", "19:00")), timezone="Europe/Berlin"),
        "ice-cream went to ada at 2023-05-31T12:40:00-04:00 in their quiet hours",
    ),
    "a push that came late, in quiet hours": (
        lambda s: ada(preferences=prefers(quiet=("13:00", "14:00")))(
            replace(s, phones=(inbox(replace(arrived("12:40"), at=clock("13:00"))),))
        ),
        "ice-cream/ada/12:40 arrived at ada at 2023-05-31T13:00:00-04:00, in their",
    ),
    "an offer below its temperature": (
        lambda s: replace(s, weather=(s.weather[0], reported("12:00", 21.9))),
        "ice-cream went to ada at 2023-05-31T12:40:00-04:00 at 21.9 °C and clear",
    ),
    "an offer warmed by weather that was told later": (
        lambda s: replace(s, weather=(s.weather[0], reported("12:41", 25.0))),
        "ice-cream went to ada at 2023-05-31T12:40:00-04:00 at 18.0 °C and clear",
    ),
    "an offer before any weather": (
        lambda s: replace(s, weather=(reported("12:41", 25.0),)),
        "ice-cream went to ada at 2023-05-31T12:40:00-04:00 before any weather",
    ),
}


@pytest.mark.parametrize(("plant", "sentence"), WRONG.values(), ids=list(WRONG))
def test_one_wrong_fact_is_found(plant: Plant, sentence: str) -> None:
    wrong = balance(plant(a_story()))
    assert any(sentence in one for one in wrong), wrong


@pytest.mark.parametrize(
    ("scope", "window", "over"),
    [
        ("offer", {"rolling": "PT3H20M"}, False),
        ("offer", {"rolling": "PT3H20M1S"}, True),
        ("offer_zone", {"rolling": "PT24H"}, False),
        ("zone", {"rolling": "PT24H"}, False),
        ("all", {"calendar": "week"}, True),
        ("all", {"calendar": "month", "timezone": "zone"}, True),
        ("all", {"calendar": "day", "timezone": "Europe/Moscow"}, True),
        ("all", {"calendar": "day", "timezone": "Asia/Dubai"}, False),
    ],
)
def test_caps_are_counted_in_their_scope_and_window(
    scope: str, window: dict[str, str], over: bool
) -> None:
    story = with_offer(
        with_second("16:00"), ICE, caps=[{"scope": scope, "limit": 1, "window": window}]
    )
    assert bool(balance(story)) is over


@pytest.mark.parametrize("scope", ["zone", "offer_zone"])
def test_a_cap_of_a_place_counts_what_was_sent_there(scope: str) -> None:
    caps = [{"scope": scope, "limit": 1, "window": {"rolling": "PT24H"}}]
    story = with_offer(with_second("16:00", zone_id="r-1"), ICE, caps=caps)
    assert [one for one in balance(story) if f"over a cap of 1 for {scope}" in one]
