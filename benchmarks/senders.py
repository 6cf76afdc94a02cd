"""Ways to send a push: ours, and those that it is measured beside."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from aioapns import APNs, NotificationRequest, PushType
from aioapns.connection import APNsTLSClientProtocol
from pyfcm import FCMNotification

from geopush.core.message import (
    Accepted,
    Address,
    AddressKind,
    Content,
    Delivery,
    Environment,
    Message,
    MessageId,
    Platform,
)
from geopush.push.apns import ApnsAccount, ApnsGateway
from geopush.push.apns_token import SigningKey
from geopush.push.fcm import FcmGateway
from geopush.push.fcm_token import FcmAccount
from geopush.push.gateway import Gateway
from geopush.sandbox.certificates import KEY_ID, PROJECT_ID, TEAM_ID, make_papers

NOW = datetime.now(UTC)
TOPIC = "com.example.demo"
ANDROID = "phone-1:APA91b"
MADE = 2_000  # messages, before the measuring begins; more than are ever in flight
WORDS = Content(
    title="Ice cream weather",
    body="26 degrees at Da Mario: 20% off every ice cream, until the sun is gone",
    url="app://offers/ice",
)


class Where(NamedTuple):
    """Where the stand-ins are, and their papers."""

    directory: Path
    apns_url: str
    fcm_url: str


Send = Callable[[int], Awaitable[object]]


class Sending(NamedTuple):
    """How to send the nth push, and how to stop."""

    send: Send
    close: Callable[[], Awaitable[None]]


def a_message(number: int, kind: AddressKind, value: str) -> Message:
    """Return a message as it is claimed from the outbox."""
    apple = kind is AddressKind.APNS_TOKEN
    return Message(
        message_id=MessageId(UUID(int=number)),
        bucket=0,
        customer_id="anna",
        device_id="phone",
        offer_id="ice",
        zone_id=None,
        app="demo",
        address=Address(kind, value, NOW),
        content=WORDS,
        delivery=Delivery.AT_MOST_ONCE,
        decided_at=NOW,
        due=NOW,
        expires_at=NOW + timedelta(hours=6),
        attempts=0,
        claim=UUID(int=7),
        receipt_token="gp_rt_" + "x" * 120,
        platform=Platform.IOS if apple else Platform.ANDROID,
    )


def our_apns(where: Where) -> Sending:
    """Return our way to Apple."""
    papers = make_papers(where.directory)
    key = SigningKey(papers.p8_file.read_text(), KEY_ID, TEAM_ID)
    gateway = ApnsGateway(
        ApnsAccount({"demo": TOPIC}, key),
        urls=dict.fromkeys(Environment, where.apns_url),
        ca_file=papers.ca_file,
    )

    kind = AddressKind.APNS_TOKEN
    messages = [a_message(n, kind, f"{n:064x}") for n in range(1, MADE + 1)]
    return Sending(_through(gateway, messages), gateway.close)


def plain_apns(where: Where) -> Sending:
    """Return aioapns as it comes."""
    papers = make_papers(where.directory)
    tls = ssl.create_default_context(cafile=papers.ca_file)
    tls.set_alpn_protocols(["h2"])
    client = APNs(
        key=papers.p8_file.read_text(),
        key_id=KEY_ID,
        team_id=TEAM_ID,
        topic=TOPIC,
        ssl_context=tls,
        max_connections=1,
    )
    address = urlsplit(where.apns_url)
    elsewhere = {"APNS_SERVER": address.hostname, "APNS_PORT": address.port}
    kind = type("Elsewhere", (APNsTLSClientProtocol,), elsewhere)
    client.pool.protocol_class = kind
    aps = {"alert": {"title": WORDS.title, "body": WORDS.body}, "mutable-content": 1}

    def request(number: int) -> NotificationRequest:
        own = {"message_id": str(UUID(int=number)), "receipt_token": "x" * 126}
        return NotificationRequest(
            f"{number:064x}",
            {"aps": aps, "geopush": own | {"url": WORDS.url}},
            notification_id=str(UUID(int=number)),
            time_to_live=21_600,
            priority=10,
            collapse_key=str(UUID(int=number)),
            push_type=PushType.ALERT,
        )

    requests = [request(n) for n in range(1, MADE + 1)]

    async def send(number: int) -> None:
        answer = await client.send_notification(requests[number % MADE])
        assert answer.is_successful

    async def close() -> None:
        client.pool.close()

    return Sending(send, close)


def our_fcm(where: Where) -> Sending:
    """Return our way to Google."""
    file = make_papers(where.directory).service_account_file
    account = FcmAccount(PROJECT_ID, file.read_text())
    gateway = FcmGateway(account, url=where.fcm_url)

    kind = AddressKind.FCM_TOKEN
    messages = [a_message(n, kind, f"phone-{n}:APA91b") for n in range(1, MADE + 1)]
    return Sending(_through(gateway, messages), gateway.close)


def plain_fcm(where: Where) -> Sending:
    """Return pyfcm as it comes: one at a time, as it blocks."""
    file = make_papers(where.directory).service_account_file

    class Elsewhere(FCMNotification):
        FCM_END_POINT_BASE = f"{where.fcm_url}/v1/projects"

    client = Elsewhere(service_account_file=str(file), project_id=PROJECT_ID)

    async def send(number: int) -> None:
        client.notify(
            fcm_token=f"phone-{number}:APA91b",
            notification_title=WORDS.title,
            notification_body=WORDS.body,
            data_payload={"geopush": f'{{"message_id":"{UUID(int=number)}"}}'},
            android_config={"priority": "high", "ttl": "21600s"},
        )

    async def close() -> None:
        return

    return Sending(send, close)


def _through(gateway: Gateway, messages: list[Message]) -> Send:
    async def send(number: int) -> None:
        assert await gateway.send(messages[number % MADE]) == Accepted()

    return send


async def send_for(sending: Sending, seconds: float, at_a_time: int) -> int:
    """Keep so many in flight for so long; return how many were sent."""
    loop, numbers = asyncio.get_running_loop(), count(1)
    until = loop.time() + seconds
    done = 0

    async def keep_on() -> None:
        nonlocal done
        while loop.time() < until:
            await sending.send(next(numbers))
            done += 1

    await asyncio.gather(*(keep_on() for _ in range(at_a_time)))
    return done


def bare_fcm(where: Where) -> Sending:
    """Return a client that writes the same bytes to sockets and reads answers."""
    url = urlsplit(where.fcm_url)
    file = make_papers(where.directory).service_account_file
    client = FCMNotification(service_account_file=str(file), project_id=PROJECT_ID)
    body = client.parse_payload(
        ANDROID,
        notification_title=WORDS.title,
        notification_body=WORDS.body,
        data_payload={"geopush": "x" * 200},
    )
    head = (
        f"POST /v1/projects/{PROJECT_ID}/messages:send HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {client._get_access_token()}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(_: int) -> None:
        if not idle:
            idle.append(await asyncio.open_connection(url.hostname, url.port))
        reader, writer = idle.pop()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        idle.append((reader, writer))

    async def close() -> None:
        for _, writer in idle:
            writer.close()

    return Sending(send, close)
