"""An offer: what a marketer saves is in force, and what they pause stops."""

from tests.journeys.town import DA_MARIO, Town

PAUSE, RESUME = "/v1/offers/ice-cream/pause", "/v1/offers/ice-cream/resume"


async def test_an_offer_that_was_just_saved_is_sent_at_the_next_visit(
    town: Town,
) -> None:
    await town.offers(
        message={"title": {"en": "New"}, "body": {"en": "Try {{ zone.name }}"}}
    )
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    assert await anna.received() == ["Try Da Mario"]


async def test_an_offer_paused_takes_back_what_has_not_left(town: Town) -> None:
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    assert await town.messages() == [("queued", "queued")]
    await town.asked("POST", PAUSE, "marketer")
    assert await anna.received() == []
    assert await town.messages() == [("withdrawn", "offer_paused")]


async def test_an_offer_paused_is_not_decided_and_saving_it_does_not_lift_the_pause(
    town: Town,
) -> None:
    await town.asked("POST", PAUSE, "marketer")
    saved = await town.offers(name="A better name", status="live")
    assert saved["status"] == "paused"
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    assert await anna.received() == []
    assert await town.decisions() == []


async def test_an_offer_resumed_reaches_whoever_was_not_reached_before(
    town: Town,
) -> None:
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    await town.asked("POST", PAUSE, "marketer")
    await town.asked("POST", RESUME, "marketer")
    assert await anna.received() == []
    await anna.comes_by_again()
    assert await anna.received() == ["24 degrees at Da Mario"]


async def test_an_offer_in_shadow_is_decided_and_never_sent(town: Town) -> None:
    await town.offers(status="shadow")
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    assert await anna.received() == []
    assert await town.messages() == []
    (decision,) = await town.decisions()
    assert (decision["verdict"], decision["reason"]) == ("would_have_sent", "shadow")
