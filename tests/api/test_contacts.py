"""Contacts over HTTP: each counts once, a bad one does not refuse the others."""

import asyncio

import pytest

from geopush.core.access import Role
from geopush.core.ping import customer_key
from tests.api.conftest import Door
from tests.api.phones import a_phone
from tests.people import look_up

NOON = "2026-07-04T12:00:00Z"
CONTACTS = "/v1/contacts"


def mail(contact_id: str = "mail-1", **more: object) -> dict[str, object]:
    """An e-mail to Ann."""
    return {
        "contact_id": contact_id,
        "customer_id": "ann",
        "channel": "email",
        "category": "promo",
        "at": NOON,
    } | more


async def report(api: Door, *contacts: object) -> dict[str, object]:
    answer = await api.ask(
        "POST", CONTACTS, Role.CRM, json={"contacts": list(contacts)}
    )
    assert answer.status_code == 202, answer.text
    return answer.json()


def counts(accepted: int, repeated: int, unknown: int) -> dict[str, object]:
    together = {"accepted": accepted, "repeated": repeated, "unknown": unknown}
    return {**together, "rejected": []}


async def tallies(api: Door, customer_id: str = "ann") -> list[str]:
    """When what counts for a customer was."""
    known = await look_up(api.parts.pool, customer_key(customer_id))
    return [one.at.isoformat() for one in known.state.tallies]


@pytest.fixture
async def ann(api: Door) -> Door:
    """A house in which Ann is known."""
    await api.ask("PUT", "/v1/customers/ann", Role.CRM, json={})
    return api


async def test_a_contact_counts_once_however_often_it_is_reported(ann: Door) -> None:
    both = mail(), mail("mail-2", channel="sms", at="2026-07-04T10:00:00+02:00")
    assert await report(ann, *both, mail()) == counts(2, 1, 0)
    assert await report(ann, *both) == counts(0, 2, 0)
    assert await tallies(ann) == [
        "2026-07-04T08:00:00+00:00",
        "2026-07-04T12:00:00+00:00",
    ]


async def test_reports_at_the_same_time_count_once_each(ann: Door) -> None:
    batches = [(mail("a"), mail("b")), (mail("b"), mail("c")), (mail("c"), mail("a"))]
    answers = await asyncio.gather(*(report(ann, *batch) for batch in batches))
    assert sum(one["accepted"] for one in answers) == 3
    assert len(await tallies(ann)) == 3


async def test_contacts_to_nobody_who_is_known_are_not_kept(ann: Door) -> None:
    answer = await report(ann, mail(customer_id="bob"), mail())
    assert answer == counts(1, 0, 1)
    assert await ann.parts.pool.fetchval("SELECT count(*) FROM contact") == 1
    assert (await ann.ask("GET", "/v1/customers/bob", Role.CRM)).status_code == 404


async def test_the_same_id_for_two_customers_is_two_contacts(ann: Door) -> None:
    await ann.ask("PUT", "/v1/customers/bob", Role.CRM, json={})
    assert await report(ann, mail(), mail(customer_id="bob")) == counts(2, 0, 0)


async def test_a_contact_is_known_again_once_somebody_was_named(ann: Door) -> None:
    phone = await a_phone(ann, None)
    before = (await phone.ask("GET", "/v1/me")).json()["customer_id"]
    assert await report(ann, mail(), mail(customer_id=before)) == counts(2, 0, 0)
    other = mail("mail-2", customer_id=before)
    assert await report(ann, other) == counts(1, 0, 0)
    await a_phone(ann, "ann")
    assert len(await tallies(ann)) == 3
    assert await report(ann, mail("mail-2"), other) == counts(0, 2, 0)


async def test_each_that_does_not_fit_is_named_and_the_others_count(ann: Door) -> None:
    answer = await report(
        ann,
        mail(),
        mail("a", category="newsletter"),
        mail("b", at="2026-07-04T12:06:00Z"),
        mail("c", at="2025-07-01T12:00:00Z"),
        mail("d", at="2026-07-04T12:00:00"),
        mail("e", mood="good"),
        mail("f", customer_id="ann@example.com"),
        mail("g\x00"),
        "nothing",
    )
    assert answer["accepted"] == 1
    assert [
        (one["index"], one["reason"], one["path"]) for one in answer["rejected"]
    ] == [
        (1, "invalid", "$.contacts[1].category"),
        (2, "in_the_future", "$.contacts[2].at"),
        (3, "too_old", "$.contacts[3].at"),
        (4, "invalid", "$.contacts[4].at"),
        (5, "invalid", "$.contacts[5]"),
        (6, "invalid", "$.contacts[6].customer_id"),
        (7, "invalid", "$.contacts[7].contact_id"),
        (8, "invalid", "$.contacts[8]"),
    ]


async def test_too_many_at_once_are_refused(ann: Door) -> None:
    body = {"contacts": [mail(str(one)) for one in range(1001)]}
    answer = await ann.ask("POST", CONTACTS, Role.CRM, json=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert await tallies(ann) == []


@pytest.mark.parametrize("role", [None, Role.SDK, Role.MARKETER, Role.WEATHER])
async def test_others_report_nothing(api: Door, role: Role | None) -> None:
    answer = await api.ask("POST", CONTACTS, role, json={"contacts": []})
    assert answer.status_code == (401 if role is None else 403)
