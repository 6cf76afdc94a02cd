"""The context turns once, however it trembles."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from geopush.core.edge import HOLD, Edge, context_holds, seen_within, turn
from tests.core.world import NOON, a_world, a_zone, an_offer, weather

ZONE = a_zone()
INSIDE = {
    "trigger": {"on": ["while_inside"], "zones": {"tags": ["restaurant"]}},
}


def turns(
    *seen: tuple[float, float | None], **changes: object
) -> tuple[Sequence[float], Edge]:
    """Pairs of (minutes, degrees) -> the minutes at which it turned true."""
    offer = an_offer(**(INSIDE | changes))
    edge, rises = None, []
    for minutes, celsius in seen:
        now = NOON + timedelta(minutes=minutes)
        before = edge
        edge = turn(edge, offer, ZONE, a_world(sky=weather(celsius, now)), now)
        if edge.spreading and edge.turned_at == now and edge != before:
            rises.append(minutes)
    assert edge is not None
    return rises, edge


def test_the_weather_turns_true_once() -> None:
    rises, edge = turns((0, 20), (30, 22.1), (60, 23), (90, 24))
    assert rises == [30]
    assert edge.holds


def test_what_trembles_at_its_threshold_turns_once() -> None:
    assert turns((0, 21.9), (15, 22.1), (16, 21.9), (17, 22.1), (18, 21.9))[0] == [15]


def test_what_holds_at_the_first_look_turns_for_nobody() -> None:
    assert turns((0, 25), (30, 26))[0] == []


def test_what_turned_turns_back_after_a_while() -> None:
    _, edge = turns((0, 20), (15, 23), (16, 20), (26, 20))
    assert not edge.holds
    assert edge.turned_at == NOON + timedelta(minutes=26)
    assert not edge.spreading


def test_it_lets_go_only_where_the_offer_says() -> None:
    weather = {"weather.temperature_c": {"gte": 22, "off_below": 21}}
    seen = [(0, 20), (30, 22), (60, 21.2), (90, 22), (120, 20.9), (150, 22)]
    assert turns(*seen, conditions={"all": [weather]})[0] == [30, 150]


def test_it_lets_go_above_where_the_offer_says() -> None:
    weather = {"weather.temperature_c": {"lte": 5, "off_above": 6}}
    seen = [(0, 9), (30, 5), (60, 5.9), (90, 5), (120, 6.1), (150, 4)]
    assert turns(*seen, conditions={"all": [weather]})[0] == [30, 150]


def test_weather_that_is_not_known_turns_nothing() -> None:
    assert turns((0, 20), (30, 23), (60, None), (90, 23))[0] == [30]


MEMBER = {"attributes.member": {"eq": True}}
COLD = {"weather.temperature_c": {"lt": 5}}
CALM = {"weather.wind_ms": {"lt": 5}}  # nobody knows


@pytest.mark.parametrize(
    ("conditions", "answer"),
    [
        (MEMBER, True),
        ({"not": MEMBER}, True),
        (COLD, False),
        ({"not": COLD}, True),
        (CALM, None),
        ({"not": CALM}, None),
        ({"all": [MEMBER, CALM]}, None),
        ({"all": [MEMBER, COLD, CALM]}, False),
        ({"any": [MEMBER, COLD]}, True),
        ({"any": [COLD, CALM]}, None),
        ({"not": {"any": [MEMBER, COLD]}}, True),
        ({"not": {"all": [MEMBER, CALM]}}, True),
        (None, True),
    ],
)
def test_the_context_is_what_is_the_same_for_everybody(
    conditions: object, answer: bool | None
) -> None:
    offer = an_offer(**(INSIDE | {"conditions": conditions}))
    assert context_holds(offer, ZONE, a_world(), NOON, held=False) is answer


def test_the_hour_turns_in_the_time_zone_of_the_place() -> None:
    hours = {"between": ["14:30", "15:00"]}
    zone = a_zone(timezone="Europe/Amsterdam")
    offer = an_offer(**(INSIDE | {"conditions": None, "schedule": hours}))
    at = [NOON + timedelta(minutes=minutes) for minutes in (29, 30, 60)]
    world = a_world()
    held = [context_holds(offer, zone, world, one, held=False) for one in at]
    assert held == [False, True, False]


def test_an_offer_waits_for_those_seen_as_lately_as_it_says() -> None:
    inside = {"on": ["while_inside"], "seen_within_seconds": 60}
    assert seen_within(an_offer(trigger=inside), ZONE) == timedelta(seconds=60)
    assert seen_within(an_offer(**INSIDE), ZONE) == timedelta(minutes=15)
    assert seen_within(an_offer(), ZONE) is None
    elsewhere = inside | {"zones": {"ids": ["other"]}}
    assert seen_within(an_offer(trigger=elsewhere), ZONE) is None


def test_what_turned_stays_for_as_long_as_weather_takes() -> None:
    assert timedelta(minutes=5) <= HOLD <= timedelta(minutes=30)
