"""Two ways to send to the stand-in for Apple: plain aioapns, and ours on top of it."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from aioapns import APNs, NotificationRequest, PushType
from aioapns.connection import APNsTLSClientProtocol
from h2.connection import H2Connection

from geopush.core.message import Accepted, Environment
from geopush.push.apns import ApnsAccount, ApnsGateway
from geopush.push.apns_protocol import AppleConnection
from geopush.push.apns_token import SigningKey
from geopush.push.gateway import Deadlines
from geopush.sandbox import Sandbox
from tests.push.build import NOW, a_message, an_iphone, words

TOPIC = "com.example.demo"


async def until(holds: Callable[[], bool], patience: float = 30.0) -> None:
    """Wait until something holds that nobody tells of."""
    async with asyncio.timeout(patience):
        while not holds():  # noqa: ASYNC110  plain aioapns has no event for it
            await asyncio.sleep(0)


class Sender(Protocol):
    """Who sends pushes, and after how many silent seconds it is hopeless."""

    patience: float

    async def prove(self) -> None:
        """Send a first push, after which the stand-in allows many at a time."""

    async def send(self, phone: int, text: str = "x", message: int = 0) -> str:
        """Send, under another id for each message; say what came of it."""

    def connections(self) -> list[H2Connection]:
        """List the connections that are open."""

    def remembered(self) -> int:
        """Count the requests that it still keeps something of."""

    async def close(self) -> None:
        """Close all connections."""


class Plain:
    """aioapns as it comes, but for what hides other defects: see ``prove``."""

    patience = 1.0

    def __init__(self, sandbox: Sandbox, idle: float) -> None:
        tls = ssl.create_default_context(cafile=sandbox.ca_file)
        tls.set_alpn_protocols(["h2"])
        self._client = APNs(
            key=sandbox.p8_file.read_text(),
            key_id=sandbox.key_id,
            team_id=sandbox.team_id,
            topic=TOPIC,
            ssl_context=tls,
            max_connections=1,  # more would only take longer to break
            max_connection_attempts=2,
        )
        address = urlsplit(sandbox.apns_url)
        elsewhere = {
            "APNS_SERVER": address.hostname,
            "APNS_PORT": address.port,
            "INACTIVITY_TIME": idle,
        }
        kind = type("Elsewhere", (APNsTLSClientProtocol,), elsewhere)
        self._client.pool.protocol_class = kind

    async def prove(self) -> None:
        """Send one, and then count the streams that are free, which it does wrong."""
        await self.send(1)
        for each in self._client.pool.connections:
            each.free_channels._value = each.free_channels.bound

    async def send(self, phone: int, text: str = "x", message: int = 0) -> str:
        own = {"message_id": _id(message or phone)}
        request = NotificationRequest(
            f"{phone:064x}",
            {"aps": {"alert": text}, "geopush": own},
            notification_id=_id(message or phone),
            push_type=PushType.ALERT,
        )
        return str((await self._client.send_notification(request)).status)

    def connections(self) -> list[H2Connection]:
        return [each.conn for each in self._client.pool.connections]

    def remembered(self) -> int:
        return sum(len(each.request_streams) for each in self._client.pool.connections)

    async def close(self) -> None:
        self._client.pool.close()
        await until(lambda: not self._client.pool.connections)


class Ours:
    """Our gateway."""

    patience = 30.0

    def __init__(self, sandbox: Sandbox, idle: float) -> None:
        key = SigningKey(sandbox.p8_file.read_text(), sandbox.key_id, sandbox.team_id)
        self._gateway = ApnsGateway(
            ApnsAccount({"demo": TOPIC}, key),
            urls=dict.fromkeys(Environment, sandbox.apns_url),
            ca_file=sandbox.ca_file,
            clock=lambda: NOW,
            deadlines=Deadlines(send=timedelta(seconds=60)),
        )
        self._usual, AppleConnection.INACTIVITY_TIME = (
            AppleConnection.INACTIVITY_TIME,
            idle,
        )

    async def prove(self) -> None:
        await self.send(1)

    async def send(self, phone: int, text: str = "x", message: int = 0) -> str:
        content = words(body=text)
        sent = a_message(an_iphone(phone), number=message or phone, content=content)
        outcome = await self._gateway.send(sent)
        if outcome == Accepted():
            return "200"
        reason: str = outcome.reason
        return reason

    def connections(self) -> list[H2Connection]:
        return [each.conn for each in self._gateway.open_connections()]

    def remembered(self) -> int:
        return sum(each.load for each in self._gateway.open_connections())

    async def close(self) -> None:
        AppleConnection.INACTIVITY_TIME = self._usual
        await self._gateway.close()


def _id(number: int) -> str:
    return str(a_message(None, number=number).message_id)
