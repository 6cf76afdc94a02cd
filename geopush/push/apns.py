"""Apple: from a message to a request of aioapns, and from its answer to an outcome."""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from geopush.clock import Clock, utc_now
from geopush.core.message import (
    AddressKind,
    AuthFailed,
    Environment,
    Message,
    Objection,
    Outcome,
    Rejected,
    State,
    Transient,
)
from geopush.push.apns_answer import read_outcome
from geopush.push.apns_certificate import (
    ClientCertificate,
    Paper,
    load_certificate,
)
from geopush.push.apns_connections import Connections
from geopush.push.apns_protocol import AppleConnection
from geopush.push.apns_request import Request
from geopush.push.apns_token import ProviderToken, SigningKey
from geopush.push.gateway import USUAL, Deadlines, LastLook, unopposed
from geopush.push.payload import MOST_BYTES

APPLE_URLS: Mapping[Environment, str] = MappingProxyType(
    {
        Environment.PRODUCTION: "https://api.push.apple.com",
        Environment.DEVELOPMENT: "https://api.development.push.apple.com",
    }
)


class ApnsAccount(Struct, frozen=True):
    """Who sends to Apple: each app's topic, and what proves that it may."""

    topics: Mapping[str, str]
    credential: SigningKey | ClientCertificate


class ApnsGateway:
    """The way to the iPhones of all apps of a team; make it where an event loop runs.

    ``clock`` is the service's, which tells what has expired; ``token_clock`` is the
    world's, by which Apple judges our token.
    """

    def __init__(
        self,
        account: ApnsAccount,
        *,
        urls: Mapping[Environment, str] = APPLE_URLS,
        ca_file: Path | None = None,
        clock: Clock = utc_now,
        token_clock: Clock = utc_now,
        deadlines: Deadlines = USUAL,
    ) -> None:
        tls = ssl.create_default_context(cafile=ca_file)
        tls.set_alpn_protocols(["h2"])
        self._topics = account.topics
        self._token: ProviderToken | None = None
        ours: Paper | None = None
        if isinstance(account.credential, SigningKey):
            self._token = ProviderToken(account.credential, token_clock)
        else:
            ours = load_certificate(account.credential, tls)
        self._clock = clock
        self._deadline = deadlines.send.total_seconds()
        self._connections = {
            environment: Connections(urls[environment], tls, deadlines.connect, ours)
            for environment in Environment
        }

    async def send(self, message: Message, last_look: LastLook = unopposed) -> Outcome:
        """Hand a message to Apple once and say what came of it."""
        address = message.address
        if address is None or address.kind is not AddressKind.APNS_TOKEN:
            return Rejected("no_apns_address")
        topic = self._topics.get(message.app)
        if topic is None:
            return Rejected("no_apns_topic")
        if message.expires_at <= self._clock():
            return Objection(State.EXPIRED, "expired")
        request = Request(message, address.value, topic)
        if len(request.body) > MOST_BYTES:
            return Rejected("payload_too_large")
        connections = self._connections[address.environment]
        return await self._exchange(connections, request, last_look)

    def open_connections(self) -> list[AppleConnection]:
        """List the connections that are up."""
        return [one for each in self._connections.values() for one in each.all()]

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(each.close() for each in self._connections.values()))

    async def _exchange(
        self, connections: Connections, request: Request, last_look: LastLook
    ) -> Outcome:
        until = asyncio.get_running_loop().time() + self._deadline
        if self._token is None:
            return await self._post(connections, request, last_look, until)
        request.authorization = self._token.header()
        outcome = await self._post(connections, request, last_look, until)
        if outcome != AuthFailed("expired_provider_token"):
            return outcome
        renewed = self._token.renewed(request.authorization)
        if renewed is None:
            return outcome
        request.authorization = renewed
        return await self._post(connections, request, last_look, until)

    async def _post(
        self,
        connections: Connections,
        request: Request,
        last_look: LastLook,
        until: float,
    ) -> Outcome:
        request.is_sent = False
        try:
            async with asyncio.timeout_at(until):
                connection = await connections.acquire()
        except TimeoutError:
            return Transient("connect_timeout", ambiguous=False)
        except OSError as error:
            return connections.refusal(error)
        against = await last_look()
        if against is not None:
            return against
        answer = await connection.post(request, until)
        if isinstance(answer, Transient):
            return answer
        return read_outcome(answer, self._clock())
