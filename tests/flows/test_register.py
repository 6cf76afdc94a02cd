"""Registering a device: new, again, named, logged out, at another's address."""

import asyncio
from datetime import timedelta

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from geopush.core.access import KeyHolder, Role
from geopush.core.customer import Purpose
from geopush.core.device import AnswerSaid, ConsentsSaid, Permissions, Registration
from geopush.core.message import AddressKind, Platform
from geopush.core.ping import customer_key
from geopush.flows.register import Denied, Impossible, Registered
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.flows.people import CRM, PHONE, SECRET, Desk, at, open_desk

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
