"""A question: why did nobody get my offer?"""

import pytest

from tests.journeys.town import DA_MARIO, Town

SHUT_DOORS: list[tuple[str, dict[str, object], str, dict[str, object]]] = [
    (
        "too cold",
        {"conditions": {"all": [{"weather.temperature_c": {"gte": 30}}]}},
        "conditions_differ",
        {
            "gate": "conditions",
            "value": 24.0,
            "threshold": "weather.temperature_c gte 30",
        },
    ),
    (
        "not chosen",
        {"audience": {"topics": ["coffee"]}},
        "topic_not_chosen",
        {"gate": "topics", "value": ["ice_cream"], "threshold": ["coffee"]},
    ),
    (
        "not running",
        {"schedule": {"from": "2026-08-01"}},
        "not_running",
        {"gate": "schedule", "value": "2026-07-04T12:01:00+00:00"},
    ),
    (
        "another app",
        {"apps": ["other"]},
        "other_app",
        {"gate": "app", "value": "demo", "threshold": ["other"]},
    ),
]


@pytest.mark.parametrize(
    ("offer", "reason", "gate"),
    [row[1:] for row in SHUT_DOORS],
    ids=[row[0] for row in SHUT_DOORS],
)
async def test_a_decision_tells_the_gate_that_stayed_shut_and_what_it_saw(
    town: Town, offer: dict[str, object], reason: str, gate: dict[str, object]
) -> None:
    await town.offers(**offer)
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    assert await anna.received() == []
    (decision,) = await town.decisions(customer_id=anna.customer_id)
    assert (decision["verdict"], decision["reason"]) == ("withheld", reason)
    assert decision["gates"][-1] == gate | {"reason": reason}


async def test_consent_is_looked_at_before_everything_else(
    town: Town,
) -> None:
    anna = await town.meets(push_marketing=False)
    await anna.goes_to(DA_MARIO)
    (decision,) = await town.decisions()
    names = [gate["gate"] for gate in decision["gates"]]
    assert names == ["stop", "location_consent", "push_consent"]
    assert decision["reason"] == "no_consent"


async def test_the_second_offer_of_a_day_was_over_its_cap(town: Town) -> None:
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    await anna.comes_by_again()
    _, second = await town.decisions()
    assert second["gates"][-1] == {
        "gate": "cap_offer",
        "value": 1,
        "threshold": 1,
        "reason": "capped",
    }


async def test_an_offer_that_nobody_came_by_for_has_no_decision(town: Town) -> None:
    await town.meets()
    assert await town.decisions() == []
