"""Stories that other systems get wrong, each told again from what was said of it."""

import math
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from geopush.core.change import Evaluation, Taken
from geopush.core.evaluate import evaluate
from geopush.core.known import Known
from geopush.core.occasion import World
from geopush.core.presence import Transition
from geopush.core.timer import Timer, ring
from tests.core.world import (
    ANNA,
    HERE,
    NOON,
    PHONE,
    a_customer,
    a_world,
    a_zone,
    after,
    an_offer,
    ping,
    upload,
    weather,
)
from zones import Point, Zone

STORIES = sorted(Path(__file__).with_name("stories").glob("*.json"))
METERS_PER_DEGREE = 111_195.0


class Place(Struct, forbid_unknown_fields=True):
    """A zone of a story: meters east and north of where it is set."""

    zone_id: str
    east: float
    north: float
    radius: float
    dwell_seconds: int | None = None
    approach_meters: float | None = None
    min_confidence: int | None = None
    exit_confirmations: int | None = None


class Request(Struct, forbid_unknown_fields=True):
    """What is posted at a moment: second, meters east, meters north, accuracy."""

    at: float
    pings: list[tuple[float, float, float, float]]
    removed: list[str] = []


class Story(Struct, forbid_unknown_fields=True):
    """What is posted, and the transitions and messages that are to come of it."""

    about: str
    zones: list[Place]
    requests: list[Request]
    expected: list[list[float | str]]
    messages: int


def where(east: float, north: float) -> Point:
    shrink = math.cos(math.radians(HERE.latitude))
    return Point(
        longitude=HERE.longitude + east / METERS_PER_DEGREE / shrink,
        latitude=HERE.latitude + north / METERS_PER_DEGREE,
    )


def drawn(place: Place) -> Zone:
    asked = msgspec.structs.asdict(place)
    spot = where(asked.pop("east"), asked.pop("north"))
    asked = {key: value for key, value in asked.items() if value is not None}
    return a_zone(asked.pop("zone_id"), spot, **asked)


def told(story: Story) -> tuple[list[list[float | str]], int]:
    """Play a story; timers ring after each request."""
    known, happened, messages = a_customer(), list[Transition](), 0
    zones = [drawn(place) for place in story.zones]
    waits = ["dwell"] if any(zone.dwell_seconds for zone in zones) else ["enter"]
    offer = an_offer(trigger={"on": waits, "zones": {"tags": ["restaurant"]}})
    for request in story.requests:
        now = NOON + timedelta(seconds=request.at)
        left = [zone for zone in zones if zone.zone_id not in request.removed]
        world = a_world(left, [offer], weather(at=now))
        pings = [
            ping(at, where(e, n), accuracy) for at, e, n, accuracy in request.pings
        ]
        evaluation = evaluate([upload(*pings)], {ANNA: known}, world, now)
        (answer,) = evaluation.answers
        assert isinstance(answer, Taken)
        happened += answer.transitions
        known, sent = written(known, evaluation)
        messages += sent
        known, rung, sent = rang(known, world, request)
        happened += rung
        messages += sent
    return [line(one) for one in happened], messages


def written(known: Known, evaluation: Evaluation) -> tuple[Known, int]:
    if not evaluation.changes:
        return known, 0
    return after(known, evaluation), len(evaluation.changes[0].messages)


def rang(
    known: Known, world: World, request: Request
) -> tuple[Known, list[Transition], int]:
    stays = known.state.devices[PHONE].presences
    timers = [Timer(ANNA, PHONE, zone_id) for zone_id in stays]
    now = NOON + timedelta(seconds=request.at)
    rung = ring(timers, {ANNA: known}, world, now)
    known, sent = written(known, Evaluation(rung.changes, ()))
    happened = [one.transition for change in rung.changes for one in change.happened]
    return known, happened, sent


def line(one: Transition) -> list[float | str]:
    seconds = (one.at - NOON).total_seconds()
    reason = [] if one.reason is None else [one.reason]
    return [seconds, str(one.kind), str(one.zone_id), *reason]


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_story_ends_as_it_should(path: Path) -> None:
    story = msgspec.json.decode(path.read_bytes(), type=Story)
    assert told(story) == (story.expected, story.messages), story.about


def test_all_stories_are_found() -> None:
    assert len(STORIES) == 13
