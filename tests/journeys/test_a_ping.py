"""A ping walks straight through: a customer comes by, an offer arrives."""

from datetime import timedelta

import pytest

from tests.journeys.town import DA_MARIO, PARK, Town


@pytest.mark.parametrize("platform", ["ios", "android"])
async def test_whoever_walks_past_on_a_warm_day_gets_one_offer_and_not_a_second_one(
    town: Town, platform: str
) -> None:
    anna = await town.meets(platform=platform)
    assert await anna.goes_to(PARK) == []
    assert await anna.received() == []
    assert await anna.goes_to(DA_MARIO) == [("enter", "da-mario")]
    assert await anna.received() == ["24 degrees at Da Mario"]
    await anna.comes_by_again()
    assert await anna.received() == ["24 degrees at Da Mario"]
    reasons = [one["reason"] for one in await town.decisions()]
    assert reasons == ["decided", "capped"]


async def test_two_people_get_an_offer_each(town: Town) -> None:
    anna = await town.meets("anna", "ios")
    ben = await town.meets("ben", "android")
    await anna.goes_to(DA_MARIO)
    await ben.goes_to(DA_MARIO)
    assert await anna.received() == await ben.received() == ["24 degrees at Da Mario"]


async def test_the_offer_comes_again_when_its_cap_has_passed(town: Town) -> None:
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    assert await anna.received() == ["24 degrees at Da Mario"]
    town.clock.step(timedelta(hours=24))
    await anna.registers()
    await town.warms_to(26.0)
    await anna.comes_by_again()
    assert (await anna.received())[1:] == ["26 degrees at Da Mario"]


async def test_the_message_has_one_id_from_the_decision_to_the_phone(
    town: Town,
) -> None:
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    await town.delivers()
    (decision,) = await town.decisions()
    (message,) = (await town.asked("GET", "/v1/messages", "crm"))["items"]
    (arrived,) = town.street.inbox.received()
    ids = {message["message_id"], arrived.message_id, arrived.collapse_id}
    assert ids == {decision["message_id"]}
    assert message["state"] == "accepted"


async def test_nobody_gets_an_offer_who_did_not_agree_to_it(town: Town) -> None:
    anna = await town.meets(push_marketing=False)
    assert await anna.goes_to(DA_MARIO) == [("enter", "da-mario")]
    assert await anna.received() == []


async def test_a_phone_without_consent_to_its_location_is_not_followed(
    town: Town,
) -> None:
    anna = await town.meets(location=False)
    answer = await anna.pings(DA_MARIO)
    assert answer.status_code == 403
    assert answer.json()["code"] == "location_not_permitted"
    assert await town.decisions() == []


@pytest.mark.parametrize("purpose", ["push_marketing", "location"])
async def test_a_no_that_was_answered_holds_for_what_is_already_on_its_way(
    town: Town, purpose: str
) -> None:
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    assert [one["reason"] for one in await town.decisions()] == ["decided"]
    withdrawn = {purpose: {"granted": False, "at": town.clock().isoformat()}}
    path = f"/v1/customers/{anna.customer_id}/consents"
    await town.asked("PUT", path, "crm", withdrawn)
    assert await anna.received() == []
    assert await town.messages() == [("withdrawn", "no_consent")]
