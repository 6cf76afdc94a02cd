"""Apple: from a message to a request of aioapns, and from its answer to an outcome."""

import asyncio
import math
import ssl
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

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
from geopush.push.apns_connections import Connections
from geopush.push.apns_protocol import Request
from geopush.push.apns_token import ApnsAccount, ProviderToken
from geopush.push.gateway import LastLook, unopposed
from geopush.push.payload import MOST_BYTES, for_apple

APPLE_URLS: Mapping[Environment, str] = MappingProxyType(
    {
        Environment.PRODUCTION: "https://api.push.apple.com",
        Environment.DEVELOPMENT: "https://api.development.push.apple.com",
    }
)
SEND_DEADLINE = timedelta(seconds=30)  # long for an answer that takes some 40 ms


class ApnsGateway:
    """The way to iPhones; make it where an event loop runs.

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
        deadline: timedelta = SEND_DEADLINE,
    ) -> None:
        tls = ssl.create_default_context(cafile=ca_file)
        tls.set_alpn_protocols(["h2"])
        self._topic = account.topic
        self._token = ProviderToken(account, token_clock)
        self._clock = clock
        self._deadline = deadline.total_seconds()
        self._connections = {
            environment: Connections(urls[environment], tls, deadline)
            for environment in Environment
        }

    async def send(self, message: Message, last_look: LastLook = unopposed) -> Outcome:
        """Hand a message to Apple once and say what came of it."""
        address = message.address
        if address is None or address.kind is not AddressKind.APNS_TOKEN:
            return Rejected("no_apns_address")
        if message.expires_at <= self._clock():
            return Objection(State.EXPIRED, "expired")
        request = self._request(message, address.value)
        if len(request.body) > MOST_BYTES:
            return Rejected("payload_too_large")
        connections = self._connections[address.environment]
        return await self._exchange(connections, request, last_look)

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(each.close() for each in self._connections.values()))

    def _request(self, message: Message, token: str) -> Request:
        # Rounded up, so never 0, by which Apple would understand "now or not at all".
        expiration = math.ceil(message.expires_at.timestamp())
        body = for_apple(message)
        return Request(str(message.message_id), token, self._topic, expiration, body)

    async def _exchange(
        self, connections: Connections, request: Request, last_look: LastLook
    ) -> Outcome:
        until = asyncio.get_running_loop().time() + self._deadline
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
        except OSError:
            return Transient("unreachable", ambiguous=False)
        against = await last_look()
        if against is not None:
            return against
        answer = await connection.post(request, until)
        if isinstance(answer, Transient):
            return answer
        return read_outcome(answer, self._clock())
