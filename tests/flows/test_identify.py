"""Who a phone belongs to: named, merged, moved, logged out, and never uncapped."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from geopush.core.customer import Purpose
from geopush.core.device import ConsentsSaid
from geopush.core.identity import Doubt, Identity
from geopush.core.ping import customer_key
from geopush.flows.register import Rules
from geopush.store import devices
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.flows.people import CRM, PHONE, SDK, Desk, open_desk, signed

OTHER_PHONE = replace(PHONE, device_id="phone-2")
PUSH, PLACE = Purpose.PUSH_MARKETING, Purpose.LOCATION


@pytest.fixture
def desk(pool: Pool, clock: HandClock) -> Desk:
    """A desk where phones register."""
    return open_desk(pool, clock)


async def test_a_phone_proves_who_its_customer_is_and_a_secret_key_need_not(
    desk: Desk,
) -> None:
    claim = replace(PHONE, customer_id="ann")
    assert await desk.ask(claim) is Doubt.SIGNATURE_MISSING
    stolen = replace(claim, customer_signature=signed("bob"))
    assert await desk.ask(stolen) is Doubt.SIGNATURE_WRONG
    assert await desk.rows("device") == []
    assert (await desk.take(claim, CRM)).customer_id == "ann"
    assert (await desk.name("ann")).customer_id == "ann"
    assert (await desk.customer("ann")).profile.identified


async def test_a_deployment_may_insist_that_signatures_end(
    pool: Pool, clock: HandClock
) -> None:
    rules = Rules(("demo",), Identity({"demo": (b"x",)}, expiry_required=True))
    claim = replace(PHONE, customer_id="ann", customer_signature=signed("ann"))
    answer = await open_desk(pool, clock, rules).ask(claim)
    assert answer is Doubt.EXPIRY_MISSING


async def test_identifying_merges_the_anonymous_customer_into_the_named_one(
    desk: Desk,
) -> None:
    await desk.name("ann", replace(OTHER_PHONE, consents=ConsentsSaid(True)))
    await desk.give_past("ann", "phone-2", 1)
    first = await desk.take(replace(PHONE, consents=ConsentsSaid(False)))
    await desk.give_past(first.customer_id, "phone-1", 2)
    answer = await desk.name("ann")
    ann = await desk.customer("ann")
    assert answer.customer_id == "ann"
    assert set(ann.profile.devices) == set(ann.state.devices) == {"phone-1", "phone-2"}
    assert ann.profile.devices["phone-1"].since is None
    assert not ann.profile.consents[PUSH].granted
    assert [one.message_id.int for one in ann.state.tallies] == [2, 1]
    both = [("ann", "phone-1"), ("ann", "phone-2")]
    for table in ("device", "presence", "timer"):
        assert await desk.rows(table) == both


async def test_an_old_token_still_finds_the_customer(desk: Desk) -> None:
    first = await desk.take(PHONE)
    await desk.name("ann")
    ann = customer_key("ann")
    assert (await desk.customer(first.customer_id)).customer == ann
    async with desk.pool.acquire() as connection:
        assert await devices.locate(connection, "phone-1") == ann
        assert await devices.locate(connection, "nobody's") is None


async def test_identifying_a_customer_nobody_knew_keeps_everything(desk: Desk) -> None:
    first = await desk.take(replace(PHONE, consents=ConsentsSaid(location=True)))
    await desk.give_past(first.customer_id, "phone-1", 1)
    await desk.name("ann")
    ann = await desk.customer("ann")
    assert ann.profile.consents[PLACE].granted
    assert len(ann.state.tallies) == len(ann.state.devices) == 1


async def test_what_is_queued_goes_along_to_the_named_customer(desk: Desk) -> None:
    first = await desk.take(PHONE)
    key = customer_key(first.customer_id)
    for number, state in enumerate(("queued", "retry", "claimed", "accepted")):
        await desk.pool.execute(
            "INSERT INTO outbox VALUES ($1, $2, $3, 'phone-1', 'ice', 'park', $4, '',"
            " $5, $5, $5, $5, 'at_most_once', 0, NULL, NULL, '')",
            key.bucket,
            f"00000000-0000-0000-0000-00000000000{number}",
            first.customer_id,
            state,
            desk.clock(),
        )
    await desk.name("ann")
    rows = await desk.pool.fetch("SELECT state, bucket, customer_id FROM outbox")
    moved = {row["state"] for row in rows if row["customer_id"] == "ann"}
    assert moved == {"queued", "retry"}
    assert await desk.rows("outbox")


async def test_two_identified_customers_never_merge_the_phone_moves(desk: Desk) -> None:
    await desk.name("ann", replace(PHONE, consents=ConsentsSaid(True)))
    await desk.give_past("ann", "phone-1", 1)
    now = desk.clock.step(timedelta(minutes=5))
    await desk.name("bob")
    ann, bob = await desk.customer("ann"), await desk.customer("bob")
    assert ann.profile.devices == ann.state.devices == bob.state.devices == {}
    assert bob.profile.devices["phone-1"].since == now
    assert bob.profile.devices["phone-1"].timezone == "Europe/Amsterdam"
    assert (len(ann.state.tallies), bob.state.tallies) == (1, ())
    assert bob.profile.consents == {}
    assert await desk.rows("device") == [("bob", "phone-1")]
    assert await desk.rows("presence") == await desk.rows("timer") == []


async def test_logging_out_starts_an_anonymous_customer_with_the_same_tallies(
    desk: Desk,
) -> None:
    await desk.name("ann", replace(PHONE, consents=ConsentsSaid(True, location=True)))
    await desk.give_past("ann", "phone-1", 1)
    now = desk.clock.step(timedelta(minutes=5))
    answer = await desk.take(replace(PHONE, customer_id=None))
    alone, ann = await desk.customer(answer.customer_id), await desk.customer("ann")
    assert answer.customer_id.startswith("anon-")
    assert alone.state.tallies == ann.state.tallies != ()
    assert (alone.profile.consents, alone.profile.identified) == ({}, False)
    assert alone.profile.devices["phone-1"].since == now
    assert ann.profile.devices == ann.state.devices == {}
    again = await desk.take(replace(PHONE, customer_id=None))
    assert again.customer_id == answer.customer_id


async def test_logging_out_and_in_again_resets_no_cap(desk: Desk) -> None:
    await desk.name("ann")
    await desk.give_past("ann", "phone-1", 1)
    before = (await desk.customer("ann")).state.tallies
    await desk.take(replace(PHONE, customer_id=None))
    await desk.name("ann")
    assert (await desk.customer("ann")).state.tallies == before


async def test_registering_again_asks_for_a_signature_too(desk: Desk) -> None:
    await desk.name("ann")
    claim = replace(PHONE, customer_id="ann")
    assert await desk.ask(claim, SDK) is Doubt.SIGNATURE_MISSING
