"""People of the sample city move, rest and agree as people do, by the seed alone."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from geopush.sandbox.city import City, read_city
from geopush.sandbox.tracks import (
    Fix,
    Place,
    along_streets,
    go,
    meters_between,
    moved,
    seconds_to_go,
    stay,
)
from geopush.sandbox.walkers import Walker, plan_walks, uploads

NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2023, 5, 31, 10, tzinfo=NEW_YORK)
END = START + timedelta(hours=12)
HERE = Place(longitude=-73.98, latitude=40.75)
THERE = moved(HERE, east=900, north=1200)


@pytest.fixture(scope="module")
def city() -> City:
    return read_city()


@pytest.fixture(scope="module")
def walkers(city: City) -> list[Walker]:
    return plan_walks(city, 7, 240, START, END)


def place(fix: Fix) -> Place:
    return Place(longitude=fix.longitude, latitude=fix.latitude)


def steps(fixes: list[Fix]) -> Iterator[tuple[float, float]]:
    """Meters and seconds from one fix to the next."""
    for one, other in pairwise(fixes):
        seconds = (other.at - one.at).total_seconds()
        yield meters_between(place(one), place(other)), seconds


def test_the_same_seed_gives_the_same_people(city: City, walkers: list[Walker]) -> None:
    assert plan_walks(city, 7, 240, START, END) == walkers


def test_another_seed_gives_other_people(city: City, walkers: list[Walker]) -> None:
    assert plan_walks(city, 8, 1, START, END)[0].track != walkers[0].track


def test_one_more_walker_leaves_the_others_as_they_are(
    city: City, walkers: list[Walker]
) -> None:
    assert plan_walks(city, 7, 5, START, END) == walkers[:5]


def test_a_day_gives_as_many_pings_as_a_demo_can_play(walkers: list[Walker]) -> None:
    assert 10_000 <= sum(len(one.track) for one in walkers) <= 25_000


def test_every_fix_is_later_than_the_one_before_and_within_the_day(
    walkers: list[Walker],
) -> None:
    for walker in walkers:
        times = [fix.at for fix in walker.track]
        assert all(one < other for one, other in pairwise(times))
        assert START <= times[0] <= times[-1] < END


def test_a_short_day_ends_in_time_even_for_those_still_on_their_way(
    city: City,
) -> None:
    end = START + timedelta(minutes=45)
    for walker in plan_walks(city, 7, 40, START, end):
        assert all(fix.at < end for fix in walker.track)


def test_nobody_is_faster_than_a_bus(walkers: list[Walker]) -> None:
    for walker in walkers:
        for meters, seconds in steps(list(walker.track)):
            assert meters <= 8 * seconds + 120  # 60 m of jitter at either end


def test_devices_customers_and_addresses_are_each_their_own(
    walkers: list[Walker],
) -> None:
    for name in ("device_id", "device_secret", "customer_id", "address"):
        assert len({getattr(one, name) for one in walkers}) == len(walkers)


def test_an_iphone_has_a_token_of_64_hex_digits(walkers: list[Walker]) -> None:
    iphones = [one for one in walkers if one.platform == "ios"]
    assert 80 < len(iphones) < 200
    assert all(re.fullmatch("[0-9a-f]{64}", one.address) for one in iphones)


@pytest.mark.parametrize(
    ("purpose", "least", "most"),
    [("push_marketing", 20, 80), ("location", 5, 40)],
)
def test_a_share_did_not_agree(
    walkers: list[Walker], purpose: str, least: int, most: int
) -> None:
    without = [one for one in walkers if not one.consents.get(purpose)]
    assert least <= len(without) <= most


def test_some_have_quiet_hours_and_some_want_few_messages(
    walkers: list[Walker],
) -> None:
    assert sum(one.preferences.quiet_hours is not None for one in walkers) > 20
    assert sum(one.preferences.max_messages is not None for one in walkers) > 20


def test_many_pass_an_ice_cream_restaurant_in_the_warm_afternoon(
    city: City, walkers: list[Walker]
) -> None:
    doors = [
        Place(longitude=one.longitude, latitude=one.latitude)
        for one in city.restaurants
        if "ice_cream" in one.tags
    ]
    passing = [
        walker
        for walker in walkers
        if any(
            12 <= fix.at.hour < 19
            and abs(fix.longitude - door.longitude) < 0.002
            and meters_between(place(fix), door) < 100
            for fix in walker.track
            for door in doors
        )
    ]
    assert len(passing) > 80


def test_a_way_along_streets_turns_at_right_angles_and_arrives() -> None:
    way = along_streets(HERE, THERE, 29.0)
    assert (way[0], way[-1]) == (HERE, THERE)
    meters = seconds_to_go(way, 1.0)
    assert meters_between(HERE, THERE) < meters < 1.42 * meters_between(HERE, THERE)


def test_a_walk_is_noticed_every_90_to_140_seconds_at_the_pace_of_the_walk() -> None:
    fixes = go(Random(1), [HERE, THERE], START, 1.4)
    assert all(89.9 <= seconds <= 140.1 for _, seconds in steps(fixes))
    duration = (fixes[-1].at - fixes[0].at).total_seconds()
    meters = meters_between(place(fixes[0]), place(fixes[-1]))
    assert meters / duration == pytest.approx(1.4, abs=0.06)


def test_a_fix_is_no_further_off_than_its_accuracy_says() -> None:
    fixes = stay(Random(1), HERE, START, END, (1.0, 2.0))
    assert len(fixes) > 300
    assert all(meters_between(place(f), HERE) <= f.accuracy + 0.2 for f in fixes)


def test_somebody_who_stays_is_noticed_rarely() -> None:
    fixes = stay(Random(1), HERE, START, END, (20.0, 40.0))
    assert all(1200 <= seconds <= 2400 for _, seconds in steps(fixes))


def test_uploads_hold_every_fix_once_and_in_order(walkers: list[Walker]) -> None:
    for walker in walkers:
        posted = [fix for upload in uploads(walker) for fix in upload.fixes]
        assert tuple(posted) == walker.track


def test_a_phone_posts_no_fix_before_it_was_made_nor_long_after_it_may_hold_it(
    walkers: list[Walker],
) -> None:
    assert {walker.holds.total_seconds() for walker in walkers} == {
        0,
        120,
        300,
        420,
        1800,
    }
    for walker in walkers:
        for upload in uploads(walker):
            assert upload.fixes[-1].at <= upload.at
            assert upload.at == upload.fixes[0].at + walker.holds
