"""Weather: an offer is sent in the weather it asks for, and in no other."""

from datetime import timedelta

import pytest

from tests.journeys.town import DA_MARIO, Town


@pytest.mark.parametrize(
    ("celsius", "arrived"), [(21.9, []), (22.0, ["22 degrees at Da Mario"])]
)
async def test_an_offer_for_22_degrees_is_sent_at_22_and_not_a_tenth_below(
    town: Town, celsius: float, arrived: list[str]
) -> None:
    await town.warms_to(celsius)
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    assert await anna.received() == arrived


async def test_when_the_weather_turns_the_next_visit_is_decided_with_the_new_one(
    town: Town,
) -> None:
    anna = await town.meets()
    town.clock.step(timedelta(hours=1))
    await town.warms_to(12.0)
    await anna.goes_to(DA_MARIO)
    assert await anna.received() == []
    town.clock.step(timedelta(hours=1))
    await town.warms_to(23.0)
    await anna.comes_by_again()
    assert await anna.received() == ["23 degrees at Da Mario"]


async def test_weather_that_is_older_than_the_offer_allows_counts_for_nothing(
    town: Town,
) -> None:
    anna = await town.meets()
    town.clock.step(timedelta(hours=2))
    await anna.goes_to(DA_MARIO)
    assert await anna.received() == []
    assert [one["reason"] for one in await town.decisions()] == ["weather_stale"]


async def test_where_nobody_knows_the_weather_nothing_is_sent(
    empty_town: Town,
) -> None:
    await empty_town.opens()
    await empty_town.offers()
    anna = await empty_town.meets()
    await anna.goes_to(DA_MARIO)
    assert await anna.received() == []
    reasons = [one["reason"] for one in await empty_town.decisions()]
    assert reasons == ["weather_unknown"]
