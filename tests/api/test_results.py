"""What came of an offer, counted over HTTP: every candidate once."""

from geopush.core.access import Role
from tests.api.conftest import Door
from tests.api.test_happened import add_decision, add_message
from tests.api.test_offers import put

RESULTS = "/v1/offers/ice/results"
ON_ITS_WAY = ("queued", "claimed", "retry")
ENDED = ("accepted", "rejected", "dead_address", "expired", "withdrawn", "unknown")


async def fill(api: Door) -> None:
    """Sixteen candidates of as many customers: nine messages, one in every state."""
    await put(api)
    for number, state in enumerate((*ON_ITS_WAY, *ENDED), 1):
        who = f"c-{number}"
        await add_message(api, number, state=state, customer_id=who)
        await add_decision(
            api, number, verdict="decided", reason="decided", customer_id=who
        )
    for number, reason in enumerate(["capped", "capped", "no_consent"], 20):
        await add_decision(api, number, reason=reason, customer_id=f"c-{number}")
    for number in range(30, 34):
        await add_decision(
            api,
            number,
            verdict="would_have_sent",
            reason="shadow",
            customer_id=f"c-{number}",
        )
    await add_decision(api, 40, offer_id="other")


async def test_every_candidate_is_in_exactly_one_place(api: Door) -> None:
    await fill(api)
    answer = await api.ask("GET", RESULTS, Role.MARKETER)
    assert answer.status_code == 200
    tale = answer.json()["results"]
    assert tale["withheld"] == {"capped": 2, "no_consent": 1}
    assert (tale["candidates"], tale["decided"], tale["would_have_sent"]) == (16, 9, 4)
    withheld = sum(tale["withheld"].values())
    sent = tale["decided"] + tale["would_have_sent"] + tale["deferred"]
    assert tale["candidates"] == withheld + sent
    assert tale["queued"] == 3
    assert [tale[state] for state in ENDED] == [1] * 6
    assert tale["decided"] == tale["queued"] + sum(tale[state] for state in ENDED)


async def test_a_zone_with_many_customers_has_its_own_row(api: Door) -> None:
    await fill(api)
    said = (await api.ask("GET", RESULTS, Role.MARKETER)).json()
    (row,) = said["zones"]
    assert row == {"zone_id": "park", "results": said["results"]}


async def test_zones_with_few_customers_tell_on_nobody(api: Door) -> None:
    await put(api)
    await add_decision(api, 1)
    said = (await api.ask("GET", RESULTS, Role.MARKETER)).json()
    assert [
        (row["zone_id"], row["results"]["candidates"]) for row in said["zones"]
    ] == [(None, 1)]


async def test_what_came_may_be_asked_from_when_till_when(api: Door) -> None:
    await fill(api)
    query = "?since=2026-07-04T12:20:00Z&until=2026-07-04T12:22:00Z"
    said = (await api.ask("GET", RESULTS + query, Role.MARKETER)).json()
    assert said["results"]["candidates"] == 2


async def test_of_an_offer_that_is_not_there_nothing_came(api: Door) -> None:
    assert (await api.ask("GET", RESULTS, Role.MARKETER)).status_code == 404


async def test_a_weather_station_hears_nothing_of_offers(api: Door) -> None:
    assert (await api.ask("GET", RESULTS, Role.WEATHER)).status_code == 403
