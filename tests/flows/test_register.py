"""Registering a device: new, again, named, logged out, at another's address."""

import asyncio
from datetime import timedelta

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from geopush.core.access import KeyHolder, Role
from geopush.core.customer import Purpose
from geopush.core.device import AnswerSaid, ConsentsSaid, Permissions, Registration
from geopush.core.identity import Doubt, Identity
from geopush.core.message import AddressKind, Platform
from geopush.core.ping import customer_key
from geopush.flows.register import Denied, Impossible, Registered, Rules
from geopush.store import devices
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.flows.people import CRM, PHONE, SDK, SECRET, Desk, at, open_desk, signed

OTHER_PHONE = replace(PHONE, device_id="phone-2")
PUSH, PLACE = Purpose.PUSH_MARKETING, Purpose.LOCATION


@pytest.fixture
def desk(pool: Pool, clock: HandClock) -> Desk:
    """A desk where phones register."""
    return open_desk(pool, clock)


async def test_a_new_phone_gets_an_anonymous_customer_and_a_token(desk: Desk) -> None:
    answer = await desk.take(PHONE)
    assert answer.is_new
    assert answer.customer_id.startswith("anon-")
    known = await desk.customer(answer.customer_id)
    assert not known.profile.identified
    assert known.profile.devices["phone-1"].timezone == "Europe/Amsterdam"
    token = desk.read(answer)
    assert (token.device_id, token.customer_id) == ("phone-1", answer.customer_id)
    assert token.bucket == customer_key(answer.customer_id).bucket
    assert answer.expires_at == desk.clock() + timedelta(hours=24)


async def test_a_phone_without_id_and_secret_is_given_both(desk: Desk) -> None:
    bare = replace(PHONE, device_id=UNSET, device_secret=UNSET)
    first, second = await desk.take(bare), await desk.take(bare)
    assert first.device_id != second.device_id
    known = replace(PHONE, device_id=first.device_id, device_secret=first.device_secret)
    assert not (await desk.take(known)).is_new


async def test_a_lost_answer_is_asked_for_again_and_changes_nothing(desk: Desk) -> None:
    said = replace(PHONE, address=at("a"), consents=ConsentsSaid(location=True))
    first = await desk.take(said)
    before = await desk.customer(first.customer_id)
    desk.clock.step(timedelta(minutes=1))
    second = await desk.take(said)
    assert (second.is_new, second.customer_id) == (False, first.customer_id)
    assert second.token != first.token
    assert await desk.customer(first.customer_id) == before
    assert await desk.pool.fetchval("SELECT count(*) FROM consent_log") == 1


async def test_a_known_phone_needs_its_secret(desk: Desk) -> None:
    await desk.take(PHONE)
    for secret in (UNSET, "t" * 43):
        answer = await desk.ask(replace(PHONE, device_secret=secret), CRM)
        assert answer is Denied.WRONG_SECRET


async def test_absent_fields_stay_and_null_clears(desk: Desk) -> None:
    said = replace(PHONE, address=at("a"), permissions=Permissions(location="always"))
    first = await desk.take(said)
    again = Registration(device_id="phone-1", device_secret=SECRET)
    await desk.take(replace(again, language="en"))
    kept = (await desk.customer(first.customer_id)).profile.devices["phone-1"]
    assert (kept.timezone, kept.language) == ("Europe/Amsterdam", "en")
    assert (kept.has_address, kept.permissions) == (True, {"location": "always"})
    await desk.take(replace(again, address=None, permissions=None))
    cleared = (await desk.customer(first.customer_id)).profile.devices["phone-1"]
    assert (cleared.has_address, cleared.permissions) == (False, {})
    assert await desk.pool.fetchval("SELECT address FROM device") is None


@pytest.mark.parametrize(
    ("said", "paths"),
    [
        (
            Registration(device_id="phone-9"),
            ["$.app", "$.platform", "$.timezone", "$.language"],
        ),
        (replace(PHONE, app="shop", timezone="Mars/Base"), ["$.app", "$.timezone"]),
        (
            replace(PHONE, platform=Platform.ANDROID, address=at("a")),
            ["$.address.kind"],
        ),
    ],
)
async def test_what_is_impossible_is_named_all_at_once(
    desk: Desk, said: Registration, paths: list[str]
) -> None:
    answer = await desk.ask(said)
    assert isinstance(answer, Impossible)
    assert [one.path for one in answer.problems] == paths
    assert await desk.rows("device") == []


async def test_a_key_of_one_app_registers_no_device_of_another(desk: Desk) -> None:
    holder = KeyHolder("key", Role.SDK, app="other")
    assert await desk.ask(PHONE, holder) is Denied.OTHER_APP
    assert (await desk.take(replace(PHONE, app="other"), holder)).is_new
    assert await desk.ask(replace(PHONE, app="demo"), holder) is Denied.OTHER_APP


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


async def test_an_address_belongs_to_the_phone_that_named_it_last(desk: Desk) -> None:
    first = await desk.take(replace(PHONE, address=at("a")))
    second = await desk.take(replace(OTHER_PHONE, address=at("a")))
    loser = (await desk.customer(first.customer_id)).profile.devices["phone-1"]
    winner = (await desk.customer(second.customer_id)).profile.devices["phone-2"]
    assert (loser.has_address, winner.has_address) == (False, True)
    rows = await desk.pool.fetch(
        "SELECT device_id FROM device WHERE address = $1", "a" * 8
    )
    assert [row["device_id"] for row in rows] == ["phone-2"]


async def test_two_phones_of_one_customer_may_pass_an_address_on(desk: Desk) -> None:
    await desk.name("ann", replace(PHONE, address=at("a")))
    await desk.name("ann", replace(OTHER_PHONE, address=at("a")))
    ann = (await desk.customer("ann")).profile
    assert [ann.devices[one].has_address for one in ("phone-1", "phone-2")] == [
        False,
        True,
    ]


async def test_an_address_that_died_lives_again_when_it_is_named_again(
    desk: Desk,
) -> None:
    first = await desk.take(replace(PHONE, address=at("a")))
    await desk.pool.execute("UPDATE device SET address_dead_at = $1", desk.clock())
    now = desk.clock.step(timedelta(hours=1))
    await desk.take(replace(PHONE, address=at("a")))
    row = await desk.pool.fetchrow("SELECT * FROM device")
    assert (row["address_dead_at"], row["address_since"]) == (None, now)
    known = await desk.customer(first.customer_id)
    assert known.profile.devices["phone-1"].has_address


async def test_a_new_address_replaces_the_old_one(desk: Desk) -> None:
    await desk.take(replace(PHONE, address=at("a")))
    await desk.take(replace(PHONE, address=at("b", AddressKind.FCM_TOKEN)))
    row = await desk.pool.fetchrow("SELECT address, address_kind FROM device")
    assert tuple(row) == ("b" * 8, "fcm_token")


async def test_consents_of_a_registration_are_kept_and_logged(desk: Desk) -> None:
    then = desk.clock() - timedelta(hours=1)
    said = ConsentsSaid(
        push_marketing=True, location=AnswerSaid(True, then, "v3", "nl", "settings")
    )
    first = await desk.take(replace(PHONE, consents=said))
    consents = (await desk.customer(first.customer_id)).profile.consents
    assert {one: held.at for one, held in consents.items()} == {
        PUSH: desk.clock(),
        PLACE: then,
    }
    rows = await desk.pool.fetch(
        "SELECT purpose, text_version, language, source FROM consent_log ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [
        ("location", "v3", "nl", "settings"),
        ("push_marketing", None, None, "device"),
    ]


async def test_a_renewal_without_a_date_undoes_no_withdrawal(desk: Desk) -> None:
    said = replace(PHONE, consents=ConsentsSaid(push_marketing=False))
    first = await desk.take(said)
    answer = await desk.ask(replace(PHONE, consents=ConsentsSaid(True)))
    assert isinstance(answer, Impossible)
    assert [one.path for one in answer.problems] == ["$.consents.push_marketing.at"]
    later = AnswerSaid(True, desk.clock.step(timedelta(minutes=1)))
    await desk.take(replace(PHONE, consents=ConsentsSaid(later)))
    known = await desk.customer(first.customer_id)
    assert known.profile.consents[PUSH].granted


async def test_a_consent_from_the_future_is_impossible(desk: Desk) -> None:
    later = AnswerSaid(True, desk.clock() + timedelta(hours=1))
    answer = await desk.ask(replace(PHONE, consents=ConsentsSaid(later)))
    assert isinstance(answer, Impossible)
    assert answer.problems[0].code == "in_the_future"


async def test_any_change_moves_the_version_so_that_a_decision_in_flight_fails(
    desk: Desk,
) -> None:
    first = await desk.take(PHONE)
    before = await desk.customer(first.customer_id)
    await desk.take(replace(PHONE, address=at("a")))
    after = await desk.customer(first.customer_id)
    assert after.version == before.version + 1


async def test_many_at_once_leave_each_phone_with_one_customer(desk: Desk) -> None:
    def wish(number: int) -> Registration:
        return replace(
            PHONE,
            device_id=f"phone-{number % 3}",
            address=at("ab"[number % 2]),
            customer_id=("ann", "bob", None)[number % 3 - number // 3],
        )

    answers = await asyncio.gather(*(desk.ask(wish(one), CRM) for one in range(12)))
    assert all(isinstance(one, Registered) for one in answers)
    owners = {device: owner for owner, device in await desk.rows("device")}
    assert len(owners) == 3
    rows = await desk.pool.fetch("SELECT customer_id FROM customer")
    for row in rows:
        known = await desk.customer(row["customer_id"])
        held = {
            one for one, owner in owners.items() if owner == known.customer.customer_id
        }
        assert set(known.profile.devices) == held
    addresses = await desk.pool.fetch("SELECT address FROM device WHERE address <> ''")
    assert len(addresses) == len({row["address"] for row in addresses}) <= 2


async def test_registering_again_asks_for_a_signature_too(desk: Desk) -> None:
    await desk.name("ann")
    claim = replace(PHONE, customer_id="ann")
    assert await desk.ask(claim, SDK) is Doubt.SIGNATURE_MISSING
