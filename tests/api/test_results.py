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
    tale = answer.json()
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
    whole = {key: said[key] for key in said.keys() - {"offer_id", "zones", "variants"}}
    assert row == whole | {"zone_id": "park"}


async def test_zones_with_few_customers_tell_on_nobody(api: Door) -> None:
    await put(api)
    await add_decision(api, 1)
    said = (await api.ask("GET", RESULTS, Role.MARKETER)).json()
    assert [(row["zone_id"], row["candidates"]) for row in said["zones"]] == [(None, 1)]


async def test_what_came_may_be_asked_from_when_till_when(api: Door) -> None:
    await fill(api)
    query = "?since=2026-07-04T12:20:00Z&until=2026-07-04T12:22:00Z"
    said = (await api.ask("GET", RESULTS + query, Role.MARKETER)).json()
    assert said["candidates"] == 2


async def test_of_an_offer_that_is_not_there_nothing_came(api: Door) -> None:
    assert (await api.ask("GET", RESULTS, Role.MARKETER)).status_code == 404


async def test_a_weather_station_hears_nothing_of_offers(api: Door) -> None:
    assert (await api.ask("GET", RESULTS, Role.WEATHER)).status_code == 403


async def test_each_arm_has_its_own_row_and_the_sums_hold_in_each(api: Door) -> None:
    await fill(api)
    pool = api.parts.pool
    await pool.execute(
        "UPDATE decision SET variant = CASE get_byte(uuid_send(decision_id), 15) % 2"
        " WHEN 0 THEN 'a' ELSE 'b' END"
    )
    await pool.execute(
        "UPDATE decision SET variant = NULL, held_out = true, reason = 'holdout'"
        " WHERE verdict = 'would_have_sent'"
    )
    await pool.execute(
        "UPDATE outbox SET decided_at = decision.at FROM decision"
        " WHERE decision_id = message_id"
    )
    said = (await api.ask("GET", RESULTS, Role.MARKETER)).json()
    rows = said["variants"]
    assert [(one["variant"], one["held_out"]) for one in rows] == [
        ("a", False),
        ("b", False),
        (None, True),
    ]
    for tale in rows:
        apart = (
            tale["would_have_sent"] + tale["deferred"] + sum(tale["withheld"].values())
        )
        assert tale["candidates"] == tale["decided"] + apart
        assert tale["decided"] == tale["queued"] + sum(tale[state] for state in ENDED)
    assert sum(one["candidates"] for one in rows) == 16
    assert rows[2]["would_have_sent"] == 4


async def test_what_phones_reported_is_counted_once_for_each_message(
    api: Door,
) -> None:
    await fill(api)
    await api.parts.pool.execute(
        "INSERT INTO receipt (bucket, message_id, kind, button, customer_id, at,"
        " recorded_at) SELECT bucket, message_id, kind, button, customer_id, now(),"
        " now() FROM outbox, (VALUES ('delivered', ''), ('answered', 'yes'),"
        " ('answered', 'no')) AS said (kind, button) WHERE state = 'accepted'"
    )
    tale = (await api.ask("GET", RESULTS, Role.MARKETER)).json()
    assert (tale["delivered"], tale["answered"], tale["opened"]) == (1, 1, 0)
