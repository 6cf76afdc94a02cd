"""The way to Android phones, against the stand-in for Google."""

import asyncio
from datetime import datetime, timedelta

import pytest

from geopush.core.message import (
    Accepted,
    Address,
    AddressDead,
    AddressKind,
    AddressSuspect,
    AuthFailed,
    Button,
    Objection,
    Outcome,
    Rejected,
    State,
    Throttled,
    Transient,
)
from geopush.errors import SettingsError
from geopush.push.fcm import FcmGateway
from geopush.push.fcm_token import FcmAccount
from geopush.sandbox import Sandbox
from geopush.sandbox.rules import Gateway, Rule
from tests.push.build import NOW, a_message, an_android, an_iphone, words
from tests.push.conftest import MakeFcm
from tests.push.google import Google

SPLITTING = b'{"access_token": "t\\r\\nHost: x", "expires_in": 3599}'
INSTALLATION = an_android("cAbCdEfGhIjKlMnOpQrStU", AddressKind.FID)


@pytest.mark.parametrize("address", [an_android(), INSTALLATION])
async def test_a_push_arrives_with_its_words_under_its_id(
    sandbox: Sandbox, make_fcm: MakeFcm, address: Address
) -> None:
    content = words(url="app://ice", buttons=(Button("like", "Like"),))
    message = a_message(address, content=content)
    assert await make_fcm(sandbox.fcm_url).send(message) == Accepted()
    (phone,) = sandbox.inbox.phones()
    (item,) = phone.received
    assert (phone.address, phone.platform) == (address.value, "android")
    assert item.message_id == item.collapse_id == str(message.message_id)
    assert (item.title, item.body, item.url) == (
        *("Sun!", "20% off ice cream"),
        "app://ice",
    )
    assert item.buttons == [{"id": "like", "text": "Like"}]


async def test_the_same_message_twice_is_shown_once(
    sandbox: Sandbox, make_fcm: MakeFcm
) -> None:
    gateway = make_fcm(sandbox.fcm_url)
    for _ in "ab":
        assert await gateway.send(a_message(an_android())) == Accepted()
    (phone,) = sandbox.inbox.phones()
    assert (len(phone.received), len(phone.tray)) == (2, 1)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("UNREGISTERED", AddressDead("unregistered")),
        ("INVALID_ARGUMENT", AddressSuspect("invalid_address")),
        ("SENDER_ID_MISMATCH", Rejected("sender_id_mismatch")),
        ("UNAVAILABLE", Transient("unavailable", ambiguous=False)),
        ("INTERNAL", Transient("internal_error", ambiguous=False)),
        ("THIRD_PARTY_AUTH_ERROR", AuthFailed("third_party_auth_error")),
    ],
)
async def test_a_refusal_becomes_its_outcome(
    sandbox: Sandbox, make_fcm: MakeFcm, reason: str, outcome: Outcome
) -> None:
    sandbox.rules.add([Rule(Gateway.FCM, reason=reason)])
    assert await make_fcm(sandbox.fcm_url).send(a_message(an_android())) == outcome
    assert sandbox.inbox.received() == []


async def test_retry_after_is_kept(sandbox: Sandbox, make_fcm: MakeFcm) -> None:
    sandbox.rules.add([Rule(Gateway.FCM, status=429, retry_after=90)])
    outcome = await make_fcm(sandbox.fcm_url).send(a_message(an_android()))
    assert outcome == Throttled("quota_exceeded", "device", timedelta(seconds=90))


@pytest.mark.parametrize(
    ("address", "expires_at", "body", "outcome"),
    [
        (None, None, "x", Rejected("no_fcm_address")),
        (an_iphone(), None, "x", Rejected("no_fcm_address")),
        (an_android(), NOW, "x", Objection(State.EXPIRED, "expired")),
        (an_android(), None, "x" * 4096, Rejected("payload_too_large")),
    ],
)
async def test_what_cannot_go_is_not_sent(
    make_fcm: MakeFcm,
    address: Address | None,
    expires_at: datetime | None,
    body: str,
    outcome: Outcome,
) -> None:
    message = a_message(address, content=words(body=body), expires_at=expires_at)
    assert await make_fcm("http://localhost:1").send(message) == outcome


async def test_all_who_wait_share_one_access_token(
    google: Google, make_fcm: MakeFcm
) -> None:
    gateway = make_fcm(google.url)
    messages = [a_message(an_android(), number=n) for n in range(20)]
    outcomes = await asyncio.gather(*map(gateway.send, messages))
    assert outcomes == [Accepted()] * 20
    assert google.tokens_given == 1


async def test_a_refused_access_token_is_renewed_once_for_all(
    google: Google, make_fcm: MakeFcm
) -> None:
    google.refused = {"Bearer t1"}
    gateway = make_fcm(google.url)
    messages = [a_message(an_android(), number=n) for n in range(20)]
    outcomes = await asyncio.gather(*map(gateway.send, messages))
    assert outcomes == [Accepted()] * 20
    assert google.tokens_given == 2


@pytest.mark.parametrize(("minutes", "given"), [(54, 1), (55, 2)])
async def test_an_access_token_is_renewed_five_minutes_early(
    google: Google, make_fcm: MakeFcm, minutes: int, given: int
) -> None:
    now = [NOW]
    gateway = make_fcm(google.url, token_clock=lambda: now[0])
    await gateway.send(a_message(an_android()))
    now[0] += timedelta(minutes=minutes)
    await gateway.send(a_message(an_android()))
    assert google.tokens_given == given


async def test_closing_lets_go_of_those_who_wait_for_a_token(
    google: Google, make_fcm: MakeFcm
) -> None:
    google.is_silent_about_tokens = True
    gateway = make_fcm(google.url)
    sending = asyncio.create_task(gateway.send(a_message(an_android())))
    await google.asked.wait()
    await gateway.close()
    assert await sending == Transient("closed", ambiguous=False)


async def test_two_refused_access_tokens_are_enough(
    google: Google, make_fcm: MakeFcm
) -> None:
    google.refused = {f"Bearer t{n}" for n in range(9)}
    outcome = await make_fcm(google.url).send(a_message(an_android()))
    assert outcome == AuthFailed("unauthenticated")
    assert (google.tokens_given, len(google.payloads)) == (2, 2)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, b'{"error": "invalid_grant"}', AuthFailed("service_account_refused")),
        (200, b"<html>", AuthFailed("service_account_refused")),
        (200, SPLITTING, AuthFailed("service_account_refused")),
        (503, b"x", Transient("oauth_unavailable", ambiguous=False)),
        (429, b"x", Transient("oauth_unavailable", ambiguous=False)),
    ],
)
async def test_without_an_access_token_nothing_is_sent(
    google: Google, make_fcm: MakeFcm, status: int, body: bytes, outcome: Outcome
) -> None:
    google.token_status, google.token_body = status, body
    assert await make_fcm(google.url).send(a_message(an_android())) == outcome
    assert google.payloads == []


async def test_a_cancelled_send_takes_the_access_token_from_nobody(
    google: Google, make_fcm: MakeFcm
) -> None:
    gateway = make_fcm(google.url)
    first, second = (
        asyncio.create_task(gateway.send(a_message(an_android(), number=n)))
        for n in (1, 2)
    )
    await asyncio.sleep(0)
    first.cancel()
    assert await second == Accepted()
    assert google.tokens_given == 1


async def test_no_answer_until_the_deadline_is_ambiguous(
    google: Google, make_fcm: MakeFcm
) -> None:
    google.is_silent = True
    outcome = await make_fcm(google.url, deadline=0.2).send(a_message(an_android()))
    assert outcome == Transient("no_answer", ambiguous=True)


async def test_a_connection_cut_in_mid_flight_is_ambiguous(
    sandbox: Sandbox, make_fcm: MakeFcm
) -> None:
    sandbox.rules.add([Rule(Gateway.FCM, drop_share=1)])
    outcome = await make_fcm(sandbox.fcm_url).send(a_message(an_android()))
    assert outcome == Transient("connection_lost", ambiguous=True)


async def test_nobody_listening_is_not_ambiguous(
    google: Google, make_fcm: MakeFcm, unused_tcp_port: int
) -> None:
    nobody = f"http://127.0.0.1:{unused_tcp_port}"
    gateway = make_fcm(nobody, token_uri=f"{google.url}/token")
    outcome = await gateway.send(a_message(an_android()))
    assert outcome == Transient("unreachable", ambiguous=False)
    outcome = await make_fcm(nobody).send(a_message(an_android()))
    assert outcome == Transient("oauth_unreachable", ambiguous=False)


@pytest.mark.parametrize("text", ["", "{}", '{"client_email": 1}', "nonsense"])
async def test_an_unusable_account_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError):
        FcmGateway(FcmAccount("project", text))


def test_the_key_is_not_shown() -> None:
    assert "PRIVATE" not in repr(FcmAccount("project", "PRIVATE"))
