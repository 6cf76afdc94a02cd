"""A question with two buttons, and the offer that follows the answer."""

from uuid import UUID

import pytest

from tests.journeys.town import DA_MARIO, Phone, Town

BUTTONS = [
    {"id": "yes", "text": {"en": "Yes"}},
    {"id": "no", "text": {"en": "No"}},
]
QUESTION: dict[str, object] = {
    "message": {
        "title": {"en": "One thing"},
        "body": {"en": "Do you like it here?"},
        "buttons": BUTTONS,
    }
}


def following(button: str, **more: object) -> dict[str, object]:
    return {
        "name": f"After {button}",
        "category": "reward",
        "status": "live",
        "trigger": {"answer": {"offer": "ice-cream", "button": button}},
        "caps": [{"scope": "offer", "limit": 1, "window": {"rolling": "PT24H"}}],
        "message": {
            "title": {"en": "Thank you"},
            "body": {"en": f"For saying {button} at {{{{ zone.name }}}}"},
        },
        **more,
    }


@pytest.fixture
async def anna(town: Town) -> Phone:
    """Anna, who was asked."""
    await town.offers(**QUESTION)
    for button in ("yes", "no"):
        path = f"/v1/offers/after-{button}"
        await town.asked("PUT", path, "marketer", following(button))
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    assert await anna.received() == ["Do you like it here?"]
    return anna


async def test_the_offer_that_waits_for_the_answer_follows(anna: Phone) -> None:
    await anna.answers("yes")
    assert (await anna.received())[1:] == ["For saying yes at Da Mario"]


async def test_a_double_tap_is_one_answer(town: Town, anna: Phone) -> None:
    assert (await anna.answers("no"))["accepted"] == 1
    assert (await anna.answers("no"))["repeated"] == 1
    assert (await anna.received())[1:] == ["For saying no at Da Mario"]
    found = await town.asked("GET", "/v1/decisions?offer_id=after-no", "crm")
    assert len(found["items"]) == 1


async def test_an_answer_nobody_waits_for_is_only_kept(anna: Phone) -> None:
    assert (await anna.answers("maybe"))["accepted"] == 1
    assert len(await anna.received()) == 1


@pytest.mark.parametrize("kind", ["clicked", "opened"])
async def test_only_an_answer_is_one(anna: Phone, kind: str) -> None:
    await anna.answers("yes", kind=kind)
    assert len(await anna.received()) == 1


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (
            {"caps": [{"scope": "all", "limit": 1, "window": {"rolling": "PT24H"}}]},
            "capped",
        ),
        ({"audience": {"topics": ["coffee"]}}, "topic_not_chosen"),
        ({"conditions": {"weather.temperature_c": {"gte": 30}}}, "conditions_differ"),
        ({"apps": ["other"]}, "other_app"),
    ],
)
async def test_what_follows_goes_through_every_gate(
    town: Town, anna: Phone, offer: dict[str, object], reason: str
) -> None:
    body = following("yes", **offer)
    await town.asked("PUT", "/v1/offers/after-yes", "marketer", body)
    await anna.answers("yes")
    assert len(await anna.received()) == 1
    found = await town.asked("GET", "/v1/decisions?offer_id=after-yes", "crm")
    assert [one["reason"] for one in found["items"]] == [reason]


async def test_an_answer_after_a_withdrawal_of_consent_gets_nothing(
    town: Town, anna: Phone
) -> None:
    await anna.registers({"push_marketing": False})
    await anna.answers("yes")
    found = await town.asked("GET", "/v1/decisions?offer_id=after-yes", "crm")
    assert [one["reason"] for one in found["items"]] == ["no_consent"]


async def test_of_two_that_wait_for_one_answer_one_is_sent(
    town: Town, anna: Phone
) -> None:
    body = following("yes", priority=90, name="Better")
    await town.asked("PUT", "/v1/offers/better", "marketer", body)
    await anna.answers("yes")
    assert len(await anna.received()) == 2
    found = await town.asked("GET", "/v1/decisions?offer_id=after-yes", "crm")
    assert [one["reason"] for one in found["items"]] == ["outranked"]


async def test_the_answer_to_another_offer_is_not_taken_for_it(
    town: Town, anna: Phone
) -> None:
    await anna.answers("yes")
    assert len(await anna.received()) == 2
    (_, second) = [UUID(item.message_id) for item in town.street.inbox.received()]
    await anna.answers("yes", message_id=second)
    assert len(await anna.received()) == 2
