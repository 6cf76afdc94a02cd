"""The demo tells its story in order, over HTTP alone, and reads back all that came."""

import asyncio
import json
from collections import defaultdict
from datetime import datetime, timedelta

import msgspec
import pytest
from rich.console import Console, RenderableType

from geopush.sandbox.afternoon import afternoon
from geopush.sandbox.clock import SteppedClock
from geopush.sandbox.daymap import pushes, tracks
from geopush.sandbox.demo import CONNECTIONS, END, START, STEP, play
from geopush.sandbox.phones import Refused, Stage, UnexpectedAnswer
from geopush.sandbox.picture import Push
from geopush.sandbox.story import Story
from geopush.sandbox.table import story_json, table
from tests.sandbox.days import a_story, refused
from tests.sandbox.house import KEYS, Heard, House, open_house

WALKERS = 36
DECISION = {
    "customer_id": "customer-0000",
    "offer_id": "ice-cream-in-the-sun",
    "zone_id": "nyc-1",
    "at": "2023-05-31T16:40:00Z",
    "verdict": "decided",
    "reason": "decided",
    "gates": [{"gate": "consent"}],
}
MESSAGE = {
    "customer_id": "customer-0000",
    "offer_id": "ice-cream-in-the-sun",
    "zone_id": "nyc-1",
    "decided_at": "2023-05-31T16:40:00Z",
    "state": "accepted",
}


class Played:
    """A day that was played to a house, and what was heard on the way."""

    def __init__(self, house: House, story: Story) -> None:
        self.house = house
        self.story = story
        self.settled: list[int] = []
        self.progress: list[tuple[int, int, str]] = []


@pytest.fixture(scope="module")
def played() -> Played:
    return asyncio.run(a_day())


async def a_day() -> Played:
    clock = SteppedClock(START)
    async with open_house(clock) as (house, stage):
        for number in range(5):
            house.lists["decisions"].append({"decision_id": str(number), **DECISION})
            house.lists["messages"].append({"message_id": str(number), **MESSAGE})
        push = {"message_id": "0", "at": "2023-05-31T16:40:00Z"}
        house.inbox.append({"address": "abc", "platform": "ios", "received": [push]})
        played = Played(house, a_story())
        played.story = await act(stage, clock, played)
        return played


async def act(stage: Stage, clock: SteppedClock, played: Played) -> Story:
    async def settle() -> None:
        played.settled.append(len(played.house.said("POST", "/v1/pings")))

    return await play(
        stage,
        clock,
        seed=7,
        walkers=WALKERS,
        settle=settle,
        progress=lambda *news: played.progress.append(news),
    )


def pings(one: Heard) -> list[datetime]:
    items = one.body["pings"]
    assert isinstance(items, list)
    return [datetime.fromisoformat(item["recorded_at"]) for item in items]


def test_zones_offers_and_phones_are_there_before_the_first_ping(
    played: Played,
) -> None:
    paths = [(one.method, one.path, one.key) for one in played.house.heard]
    first = next(at for at, one in enumerate(paths) if one[1] == "/v1/pings")
    before = paths[:first]
    assert before[:2] == [("POST", "/v1/zones/import", KEYS["manager"])] * 2
    offers = [one for one in before if one[1].startswith("/v1/offers/")]
    assert {(method, key) for method, _, key in offers} == {("PUT", KEYS["marketer"])}
    assert len(offers) == 6
    assert before.count(("POST", "/v1/devices", KEYS["sdk"])) == WALKERS
    wishes = [one for one in before if one[1].endswith("/preferences")]
    assert {key for _, _, key in wishes} == {KEYS["crm"]}
    assert len(wishes) == WALKERS


def test_the_weather_of_each_hour_is_told_when_it_begins(played: Played) -> None:
    told = played.house.said("POST", "/v1/weather")
    hours = [
        datetime.fromisoformat(one.body["observations"][0]["observed_at"])  # type: ignore[index]
        for one in told
    ]
    assert hours == [START + timedelta(hours=hour) for hour in range(9)]
    assert [one.at for one in told] == hours
    assert {one.key for one in told} == {KEYS["weather"]}
    assert [one.at for one in played.story.weather] == hours


def test_weather_comes_before_the_pings_of_its_hour(played: Played) -> None:
    seen: datetime | None = None
    for one in played.house.heard:
        if one.path == "/v1/weather":
            seen = one.at
        if one.path == "/v1/pings":
            assert seen is not None
            assert one.at - seen < timedelta(hours=1) or one.at > END


def test_no_ping_is_posted_before_it_was_made_or_long_after(
    played: Played,
) -> None:
    for one in played.house.said("POST", "/v1/pings"):
        times = pings(one)
        assert times[-1] <= one.at
        assert one.at - times[0] < timedelta(minutes=30) + STEP


def test_each_phone_posts_its_whole_day_in_order(played: Played) -> None:
    posted: defaultdict[str, list[datetime]] = defaultdict(list)
    for one in played.house.said("POST", "/v1/pings"):
        posted[one.key] += pings(one)
    for walker in played.story.walkers:
        times = [fix.at for fix in walker.track]
        assert posted[walker.device_id] == times


def test_what_was_decided_is_delivered_after_each_step(played: Played) -> None:
    by_step: defaultdict[datetime, int] = defaultdict(int)
    for one in played.house.said("POST", "/v1/pings"):
        by_step[one.at] += 1
    so_far, wanted = 0, []
    for at in sorted(by_step):
        so_far += by_step[at]
        wanted.append(so_far)
    assert played.settled == wanted


def test_no_more_is_asked_at_once_than_there_are_connections(played: Played) -> None:
    assert len(played.house.lines) == CONNECTIONS < WALKERS


def test_every_page_is_read_back(played: Played) -> None:
    ids = [str(number) for number in range(5)]
    assert [one.decision_id for one in played.story.decisions] == ids
    assert [one.message_id for one in played.story.messages] == ids
    assert played.story.phones[0].received[0].message_id == "0"
    asked = played.house.said("GET", "/v1/decisions")
    assert [one.key for one in asked] == [KEYS["crm"]] * 3


def test_whoever_keeps_their_place_to_themselves_is_refused(played: Played) -> None:
    deaf = {
        one.customer_id
        for one in played.story.walkers
        if not one.consents.get("location")
    }
    said = {
        one.customer_id
        for one in played.story.uploads
        if isinstance(one.answer, Refused)
    }
    assert said == deaf
    assert deaf


def test_progress_counts_pings_up_to_all_of_them(played: Played) -> None:
    total = sum(len(one.track) for one in played.story.walkers)
    day = played.progress[1:]
    assert [done for done, _, _ in day] == sorted(done for done, _, _ in day)
    assert day[-1][:2] == (total, total)
    assert {of for _, of, _ in day} == {total}
    assert day[0][2].startswith("10:00, 18 °C")


@pytest.mark.parametrize("shut", ["/v1/zones", "/v1/offers", "/v1/devices"])
async def test_an_answer_that_is_no_success_ends_the_demo(shut: str) -> None:
    clock = SteppedClock(START)
    async with open_house(clock) as (house, stage):
        house.shut = shut
        with pytest.raises(UnexpectedAnswer):
            await act(stage, clock, Played(house, a_story()))


def test_one_customer_gets_an_offer_once_and_not_twice() -> None:
    assert afternoon(a_story()) == [
        "Ines (ada, iPhone) likes ice_cream.",
        "12:40 Ines at 1 Main St, 24 °C: gets “Ice cream weather: 20% off”",
        "15:10 Ines at 2 Main St, 24 °C: no “Ice cream in the sun”: capped,"
        " had it already",
    ]


def test_a_day_on_which_nobody_was_capped_has_no_such_customer() -> None:
    story = a_story()
    assert afternoon(msgspec.structs.replace(story, decisions=())) == []


def test_the_table_says_how_many_of_each() -> None:
    shown = printed(table(a_story()))
    for words in (
        "people walking 2",
        "pings posted 6",
        "visits to restaurants and districts 3",
        "offers considered 2",
        "accepted by Apple's and Google's stand-ins 1",
        "arrived on phones 1",
        "ice-cream 2 1 1 1",
        "capped 1 had it already",
    ):
        assert words in shown


def printed(renderable: RenderableType) -> str:
    """What a console shows, without frames and wide spaces."""
    console = Console(width=120, record=True, quiet=False, file=None)
    with console.capture() as shown:
        console.print(renderable)
    letters = "".join(" " if one in "│┃┏┓└┘─━┳┴┡╇┩┼" else one for one in shown.get())
    return " ".join(letters.split())


def test_the_document_holds_the_same_numbers() -> None:
    story = a_story()
    day = json.loads(msgspec.json.encode(story_json(story, ["Wrong."])))
    assert day["pings"] == {
        "sent": 6,
        "accepted": 5,
        "late": 0,
        "repeated": 0,
        "rejected": 0,
        "refused": 1,
    }
    assert day["offers"]["ice-cream"] == {
        "considered": 2,
        "withheld": 1,
        "sent": 1,
        "arrived": 1,
    }
    assert day["withheld"] == {"capped": 1}
    assert (day["balanced"], day["imbalances"]) == (False, ["Wrong."])


def test_the_map_shows_where_somebody_was_when_something_was_sent() -> None:
    story = a_story()
    assert pushes(story) == [Push(-73.9801, 40.75, "ice-cream")]
    assert [one.has_consent for one in tracks(story)] == [True, False]


def test_refused_pings_are_in_no_other_count() -> None:
    story = msgspec.structs.replace(a_story(), uploads=(refused(), refused()))
    pings = story_json(story, [])["pings"]
    assert isinstance(pings, dict)
    assert (pings["sent"], pings["refused"], pings["accepted"]) == (2, 2, 0)
