"""The way to iPhones, against the stand-in for Apple."""

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
    Environment,
    Objection,
    Outcome,
    Rejected,
    State,
    Throttled,
    Transient,
)
from geopush.push.apns import ApnsAccount, ApnsGateway
from geopush.sandbox import Sandbox
from geopush.sandbox.rules import Gateway, Rule
from tests.push.build import IPHONE, NOW, a_message, an_android, an_iphone, words
from tests.push.conftest import MakeApns
from tests.push.peer import Peer


async def test_a_push_arrives_with_its_words_under_its_id(
    sandbox: Sandbox, make_apns: MakeApns
) -> None:
    content = words(url="app://ice", buttons=(Button("like", "Like"),))
    message = a_message(an_iphone(), content=content)
    assert await make_apns(sandbox.apns_url).send(message) == Accepted()
    (phone,) = sandbox.inbox.phones()
    (item,) = phone.received
    assert (phone.address, phone.platform, phone.app) == (IPHONE, "ios", "demo")
    assert item.message_id == item.collapse_id == str(message.message_id)
    assert (item.title, item.body, item.url) == (
        *("Sun!", "20% off ice cream"),
        "app://ice",
    )
    assert item.buttons == [{"id": "like", "text": "Like"}]


async def test_the_same_message_twice_is_shown_once(
    sandbox: Sandbox, make_apns: MakeApns
) -> None:
    gateway = make_apns(sandbox.apns_url)
    for _ in "ab":
        assert await gateway.send(a_message(an_iphone())) == Accepted()
    (phone,) = sandbox.inbox.phones()
    assert (len(phone.received), len(phone.tray)) == (2, 1)


async def test_a_request_says_what_apple_must_know(
    peer: Peer, make_apns: MakeApns
) -> None:
    message = a_message(an_iphone(), expires_at=NOW + timedelta(seconds=90.5))
    await make_apns(peer.url).send(message)
    (headers,) = peer.requests
    assert headers[":path"] == f"/3/device/{IPHONE}"
    assert headers["apns-id"] == str(message.message_id)
    assert headers["apns-collapse-id"] == str(message.message_id)
    assert headers["apns-topic"] == "com.example.demo"
    assert headers["apns-push-type"] == "alert"
    assert headers["apns-priority"] == "10"
    assert headers["apns-expiration"] == str(int(NOW.timestamp()) + 91)


async def test_the_connection_is_agreed_to_be_http_2(
    peer: Peer, make_apns: MakeApns
) -> None:
    await make_apns(peer.url).send(a_message(an_iphone()))
    assert peer.lines[0].protocol == "h2"


async def test_an_address_cannot_lead_elsewhere(
    peer: Peer, make_apns: MakeApns
) -> None:
    address = Address(AddressKind.APNS_TOKEN, "../4/x y?", NOW)
    await make_apns(peer.url).send(a_message(address))
    assert peer.requests[0][":path"] == "/3/device/..%2F4%2Fx%20y%3F"


async def test_each_environment_has_its_own_server(
    peer: Peer, sandbox: Sandbox, account: ApnsAccount
) -> None:
    urls = {
        Environment.PRODUCTION: sandbox.apns_url,
        Environment.DEVELOPMENT: peer.url,
    }
    gateway = ApnsGateway(
        account, urls=urls, ca_file=sandbox.ca_file, clock=lambda: NOW
    )
    address = an_iphone(environment=Environment.DEVELOPMENT)
    assert await gateway.send(a_message(an_iphone())) == Accepted()
    assert await gateway.send(a_message(address)) == Accepted()
    assert (len(sandbox.inbox.received()), len(peer.requests)) == (1, 1)
    await gateway.close()


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("BadDeviceToken", AddressSuspect("bad_device_token")),
        ("Unregistered", AddressDead("unregistered", NOW)),
        ("TooManyRequests", Throttled("too_many_requests", "device")),
        ("ServiceUnavailable", Transient("unavailable", ambiguous=False)),
        ("InternalServerError", Transient("internal_error", ambiguous=False)),
        ("InvalidProviderToken", AuthFailed("invalid_provider_token")),
        ("BadMessageId", Rejected("bad_message_id")),
    ],
)
async def test_a_refusal_becomes_its_outcome(
    sandbox: Sandbox, make_apns: MakeApns, reason: str, outcome: Outcome
) -> None:
    sandbox.rules.add([Rule(Gateway.APNS, reason=reason)])
    assert await make_apns(sandbox.apns_url).send(a_message(an_iphone())) == outcome
    assert sandbox.inbox.received() == []


async def test_retry_after_is_kept(sandbox: Sandbox, make_apns: MakeApns) -> None:
    sandbox.rules.add([Rule(Gateway.APNS, status=429, retry_after=17)])
    outcome = await make_apns(sandbox.apns_url).send(a_message(an_iphone()))
    assert outcome == Throttled("too_many_requests", "device", timedelta(seconds=17))


@pytest.mark.parametrize(
    ("address", "expires_at", "body", "outcome"),
    [
        (None, None, "x", Rejected("no_apns_address")),
        (an_android(), None, "x", Rejected("no_apns_address")),
        (an_iphone(), NOW, "x", Objection(State.EXPIRED, "expired")),
        (an_iphone(), None, "x" * 4096, Rejected("payload_too_large")),
    ],
)
async def test_what_cannot_go_is_not_sent(
    make_apns: MakeApns,
    address: Address | None,
    expires_at: datetime | None,
    body: str,
    outcome: Outcome,
) -> None:
    message = a_message(address, content=words(body=body), expires_at=expires_at)
    assert await make_apns("https://localhost:1").send(message) == outcome


async def test_a_payload_of_the_full_size_is_taken(
    sandbox: Sandbox, make_apns: MakeApns
) -> None:
    room = 4096 - len('{"aps":{"alert":{"title":"Sun!","body":""},"mutable-content":1}')
    room -= len(',"geopush":{"message_id":""}}') + 36
    message = a_message(an_iphone(), content=words(body="x" * room))
    gateway = make_apns(sandbox.apns_url)
    assert await gateway.send(message) == Accepted()
    message = a_message(an_iphone(), content=words(body="x" * (room + 1)))
    assert await gateway.send(message) == Rejected("payload_too_large")


async def test_goodbyes_and_refusals_lose_and_double_nothing(
    sandbox: Sandbox, make_apns: MakeApns
) -> None:
    sandbox.rules.add([Rule(Gateway.APNS, goaway_every=50)])
    gateway = make_apns(sandbox.apns_url)
    waiting = {n: a_message(an_iphone(n), number=n) for n in range(1, 301)}
    while waiting:
        outcomes = await asyncio.gather(*map(gateway.send, waiting.values()))
        for number, outcome in zip(list(waiting), outcomes, strict=True):
            if outcome == Accepted():
                del waiting[number]
            else:
                assert isinstance(outcome, Transient)
                assert not outcome.ambiguous
    assert len(sandbox.inbox.received()) == 300
    assert not any(item.repeat for item in sandbox.inbox.received())


@pytest.mark.slow
async def test_three_thousand_refusals_do_not_hang(
    sandbox: Sandbox, make_apns: MakeApns
) -> None:
    sandbox.rules.add([Rule(Gateway.APNS, reason="BadDeviceToken")])
    gateway = make_apns(sandbox.apns_url)
    messages = [a_message(an_iphone(n), number=n) for n in range(3000)]
    outcomes: list[Outcome] = []
    for start in range(0, 3000, 200):
        batch = messages[start : start + 200]
        outcomes += await asyncio.gather(*map(gateway.send, batch))
    assert outcomes == [AddressSuspect("bad_device_token")] * 3000


async def test_a_server_with_papers_of_others_is_not_trusted(
    sandbox: Sandbox, account: ApnsAccount
) -> None:
    gateway = ApnsGateway(
        account, urls=dict.fromkeys(Environment, sandbox.apns_url), clock=lambda: NOW
    )
    outcome = await gateway.send(a_message(an_iphone()))
    assert isinstance(outcome, Transient)
    assert outcome.reason == "gateway_certificate_not_trusted"
    assert not outcome.ambiguous
    await gateway.close()


@pytest.mark.parametrize(
    ("set_by_the_offer", "name", "sent"),
    [
        ({"apns-priority": 1}, "apns-priority", "1"),
        ({"apns-expiration": 0}, "apns-expiration", "0"),
        ({"apns-collapse-id": "ice"}, "apns-collapse-id", "ice"),
        ({"apns-push-type": "background"}, "apns-push-type", "background"),
        ({"apns-push-type": "background"}, "apns-priority", "5"),
    ],
)
async def test_what_an_offer_sets_of_the_headers_is_sent(
    peer: Peer,
    make_apns: MakeApns,
    set_by_the_offer: dict[str, str | int],
    name: str,
    sent: str,
) -> None:
    message = a_message(an_iphone(), content=words(ios=set_by_the_offer))
    assert await make_apns(peer.url).send(message) == Accepted()
    assert peer.requests[0][name] == sent


async def test_apple_takes_a_push_in_the_background(
    sandbox: Sandbox, make_apns: MakeApns
) -> None:
    content = words(ios={"apns-push-type": "background"})
    message = a_message(an_iphone(), content=content)
    assert await make_apns(sandbox.apns_url).send(message) == Accepted()
    (phone,) = sandbox.inbox.phones()
    assert (len(phone.received), phone.tray) == (1, [])
