"""A recorded walk past a restaurant on a warm day leads to one offer and no second."""

import json
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from geopush.core.cap import Window
from geopush.core.customer import MaxMessages, Preferences, Purpose
from geopush.core.decision import Reason
from geopush.core.schedule import QuietHours
from geopush.flows.simulate import Assumed, Files, Simulation, simulate
from geopush.flows.simulated import Source
from geopush.flows.simulation_report import document, report
from zones import Problem

FOLDER = Path(__file__).parent / "files"
AMSTERDAM = Assumed(timezone="Europe/Amsterdam")


def source(name: str) -> Source:
    return Source(name, (FOLDER / name).read_bytes())


def files(track: str = "walk.gpx", weather: str | None = "weather.json") -> Files:
    return Files(
        zones=source("zones.geojson"),
        offers=source("offers.json"),
        track=source(track),
        weather=None if weather is None else source(weather),
    )


def simulated(given: Files | None = None, assumed: Assumed = AMSTERDAM) -> Simulation:
    found = simulate(given or files(), assumed)
    assert isinstance(found, Simulation), found
    return found


def refused(given: Files, assumed: Assumed = AMSTERDAM) -> list[Problem]:
    problems = simulate(given, assumed)
    assert isinstance(problems, list)
    return problems


def reasons(simulation: Simulation, offer_id: str = "ice-cream") -> list[Reason]:
    return [
        one.reason
        for step in simulation.steps
        for one in step.decided
        if one.offer_id == offer_id
    ]


def test_the_walk_leads_to_one_offer_and_not_to_a_second() -> None:
    simulation = simulated()
    assert [
        (step.number, [one.kind for one in step.transitions])
        for step in simulation.steps
    ] == [(2, ["enter"]), (3, ["dwell"]), (5, ["exit"]), (6, ["enter"])]
    assert reasons(simulation) == [Reason.DECIDED, Reason.CAPPED]
    (message,) = [one for step in simulation.steps for one in step.messages]
    assert message.content.title == "Ice cream weather"
    assert message.content.body == "24 degrees at Da Mario"


@pytest.mark.parametrize("track", ["walk.geojson", "walk.csv", "walk.ndjson"])
def test_every_format_of_track_leads_to_the_same(track: str) -> None:
    assert simulated(files(track)) == simulated()


def test_the_weather_is_that_of_the_ping_and_not_of_later() -> None:
    simulation = simulated()
    weather = [
        gate.value
        for step in simulation.steps
        for one in step.decided
        for gate in one.trace
        if gate.gate == "weather"
    ]
    assert set(weather) == {
        "2026-07-04T12:00:00+02:00",
        "2026-07-04T13:00:00+02:00",
    }


def test_a_draft_is_tried_and_what_is_over_is_left_out() -> None:
    simulation = simulated()
    assert reasons(simulation, "coffee") == [Reason.CONDITIONS_DIFFER] * 2
    assert reasons(simulation, "old") == []
    assert simulation.notes == (
        "coffee is a draft; it is tried as if it were live.",
        "old is ended and left out.",
    )


def test_without_weather_what_asks_for_it_is_withheld() -> None:
    simulation = simulated(files(weather=None))
    assert reasons(simulation) == [Reason.WEATHER_UNKNOWN] * 2
    assert "No weather is given: offers that ask for it are withheld." in (
        simulation.notes
    )


def everything_but(purpose: Purpose) -> frozenset[Purpose]:
    return frozenset(Purpose) - {purpose}


@pytest.mark.parametrize(
    ("assumed", "reason"),
    [
        (
            replace(AMSTERDAM, consents=everything_but(Purpose.PUSH_MARKETING)),
            Reason.NO_CONSENT,
        ),
        (replace(AMSTERDAM, topics=frozenset({"coffee"})), Reason.TOPIC_NOT_CHOSEN),
        (
            replace(
                AMSTERDAM,
                preferences=Preferences(quiet_hours=QuietHours("12:00", "14:00")),
            ),
            Reason.QUIET_HOURS,
        ),
        (
            replace(
                AMSTERDAM,
                preferences=Preferences(max_messages=MaxMessages(0, Window())),
            ),
            Reason.CUSTOMER_LIMIT,
        ),
    ],
)
def test_the_customer_may_be_another(assumed: Assumed, reason: Reason) -> None:
    assert reasons(simulated(assumed=assumed)) == [reason] * 2


def test_quiet_hours_are_those_of_the_customers_time_zone() -> None:
    quiet = Preferences(quiet_hours=QuietHours("12:00", "14:00"))
    there = Assumed(timezone="America/New_York", preferences=quiet)
    assert reasons(simulated(assumed=there))[0] is Reason.DECIDED


def test_without_consent_to_location_no_ping_is_looked_at() -> None:
    alone = replace(AMSTERDAM, consents=everything_but(Purpose.LOCATION))
    simulation = simulated(assumed=alone)
    assert (simulation.steps, simulation.not_taken) == ((), simulation.pings)
    assert "Without consent to location no ping is looked at." in simulation.notes


def test_two_points_of_the_same_time_are_taken_once() -> None:
    given = files("walk.csv")
    lines = given.track.body.splitlines()
    doubled = Source("walk.csv", b"\n".join([*lines, lines[-1]]))
    simulation = simulated(replace(given, track=doubled))
    assert (simulation.pings, simulation.not_taken) == (8, 1)
    assert simulation.steps == simulated().steps


def test_the_problems_of_all_files_are_told_at_once_with_their_file() -> None:
    bad_offer = b'{"offers": [{"offer_id": "a", "name": "A", "category": "gift"}]}'
    given = Files(
        zones=Source("z.geojson", b'{"type": "FeatureCollection"}'),
        offers=Source("o.json", bad_offer),
        track=Source("t.csv", b"time,lat,lon\nnoon,52,4\n"),
        weather=Source("w.json", b'{"observations": [{"longitude": 4}]}'),
    )
    paths = {one.path for one in refused(given, Assumed(timezone="Mars/Base"))}
    assert {
        "z.geojson: $.features",
        "o.json: $.offers[0].category",
        "o.json: $.offers[0].message",
        "t.csv: line 2, time",
        "w.json: $.observations[0]",
        "timezone",
    } <= paths


ONE = msgspec.json.decode((FOLDER / "offers.json").read_bytes())["offers"][0]


@pytest.mark.parametrize("written", [ONE, [ONE], {"offers": [ONE]}])
def test_offers_come_alone_in_a_list_or_in_an_object(written: object) -> None:
    given = replace(files(), offers=Source("o.json", json.dumps(written).encode()))
    assert reasons(simulated(given)) == [Reason.DECIDED, Reason.CAPPED]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"[", "o.json: $"),
        (b"", "o.json: $"),
        (b'{"offers": 1}', "o.json: $"),
        (b'[{"name": "A"}]', "o.json: $[0]"),
        (json.dumps([ONE, ONE]).encode(), "o.json: $[1].offer_id"),
    ],
)
def test_offers_that_cannot_be_read_are_problems(body: bytes, path: str) -> None:
    given = replace(files(), offers=Source("o.json", body))
    assert [one.path for one in refused(given)] == [path]


def test_weather_that_cannot_be_read_is_a_problem() -> None:
    given = replace(files(), weather=Source("w.json", b"[]"))
    assert [one.path for one in refused(given)] == ["w.json: $"]


def test_the_report_tells_the_walk_line_by_line() -> None:
    assert report(simulated()) == [
        "2026-07-04 12:05:00  enter Da Mario (ping 2)",
        "    withheld  coffee: conditions_differ"
        " (conditions saw 24.2, wants weather.temperature_c lt 18)",
        "    decided   ice-cream: “Ice cream weather”, “24 degrees at Da Mario”",
        "2026-07-04 12:20:00  dwell Da Mario (ping 3)",
        "2026-07-04 12:31:00  exit Da Mario (ping 5)",
        "2026-07-04 13:00:00  enter Da Mario (ping 6)",
        "    withheld  coffee: conditions_differ"
        " (conditions saw 25.6, wants weather.temperature_c lt 18)",
        "    withheld  ice-cream: capped (cap_offer saw 1, wants 1)",
        "7 pings (0 not taken), 1 dwell, 2 enter, 1 exit.",
        "4 offers considered, 1 sent, 3 withheld.",
        "    2 conditions_differ",
        "    1 capped",
        f"Digest of all this: {simulated().digest}",
        "Note: coffee is a draft; it is tried as if it were live.",
        "Note: old is ended and left out.",
    ]


def test_the_same_files_have_the_same_digest_and_others_another() -> None:
    assert simulated() == simulated()
    dark = simulated(replace(files(), weather=None))
    assert dark.digest != simulated().digest


def test_the_document_holds_every_gate() -> None:
    told = json.loads(msgspec.json.encode(document(simulated())))
    assert (told["pings"], told["not_taken"], len(told["steps"])) == (7, 0, 4)
    decided = told["steps"][0]["decided"]
    assert [one["reason"] for one in decided] == ["conditions_differ", "decided"]
    gates = [gate["gate"] for gate in decided[1]["trace"]]
    assert gates[:3] == ["stop", "location_consent", "push_consent"]
    (message,) = told["steps"][0]["messages"]
    assert message["content"]["body"] == "24 degrees at Da Mario"
