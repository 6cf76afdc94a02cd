"""The stand-in for Apple: HTTP/2 over TLS that checks requests as Apple does."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

from msgspec import Struct, field

from geopush.sandbox.apns_checks import (
    REASON_FOR,
    STATUS,
    Request,
    check_push,
    check_way,
    is_message_id,
    read_payload,
    read_request,
)
from geopush.sandbox.apns_h2 import Connection, Headers, Reply
from geopush.sandbox.apns_tokens import ProviderTokens, Team
from geopush.sandbox.certificates import Papers
from geopush.sandbox.clock import Clock
from geopush.sandbox.inbox import Inbox, Push, read_extras
from geopush.sandbox.rules import Fault, Gateway, Rules


class Traffic(Struct):
    """What has come in: how many connections, and which credentials they showed."""

    connections: int = 0
    authorizations: set[str] = field(default_factory=set)


class Apns:
    """Apple, as far as a sender of pushes can tell."""

    def __init__(
        self,
        team: Team,
        apps: Mapping[str, str],
        inbox: Inbox,
        rules: Rules,
        *,
        clock: Clock,
        token_clock: Clock,
    ) -> None:
        self._team = team
        self._app_of = {topic: app for app, topic in apps.items()}
        self._inbox = inbox
        self._rules = rules
        self._clock = clock
        self._token_clock = token_clock
        self._topic_of: dict[str, str] = {}
        self._connections: set[Connection] = set()
        self.traffic = Traffic()
        self._server: asyncio.Server | None = None

    async def start(self, papers: Papers, port: int = 0) -> int:
        """Listen on loopback and return the port."""
        context = server_tls(papers)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._connection, "127.0.0.1", port, ssl=context
        )
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        """Cut everybody off and listen no more."""
        if self._server is not None:
            self._server.close()
            for connection in list(self._connections):
                connection.abort()
            with suppress(TimeoutError):  # somebody may be in mid-handshake
                await asyncio.wait_for(self._server.wait_closed(), 1)

    def answer(self, request: Request, tokens: ProviderTokens) -> Reply:
        """Answer one request as Apple would, or as the rules have it."""
        message_id = _message_id(request)
        self.traffic.authorizations.add(request.headers.get("authorization", ""))
        reason = self._refusal(request, tokens)
        if reason is not None:
            return self._refuse(message_id, STATUS[reason], reason)
        fault = self._rules.fault(Gateway.APNS, request.device_token)
        if fault.is_refusal:
            return self._refuse_by_rule(message_id, fault)
        if not fault.is_lost:
            self._inbox.record(self._push(request))
        return _with_fault([(":status", "200"), ("apns-id", message_id)], b"", fault)

    def _connection(self) -> Connection:
        tokens = ProviderTokens(self._team, self._token_clock)
        self.traffic.connections += 1
        return Connection(_Desk(self, tokens), self._connections)

    def _refusal(self, request: Request, tokens: ProviderTokens) -> str | None:
        return (
            check_way(request)
            or tokens.refusal(request.headers.get("authorization"))
            or check_push(request)
            or self._topic_refusal(request)
        )

    def _topic_refusal(self, request: Request) -> str | None:
        """Say whose app it is; a token belongs to the first topic seen with it."""
        if request.topic not in self._app_of:
            return "TopicDisallowed"
        owner = self._topic_of.setdefault(request.device_token, request.topic)
        return None if owner == request.topic else "DeviceTokenNotForTopic"

    def _refuse_by_rule(self, message_id: str, fault: Fault) -> Reply:
        status = fault.status or STATUS.get(fault.reason or "", 500)
        reason = fault.reason or REASON_FOR.get(status, "InternalServerError")
        return self._refuse(message_id, status, reason, fault)

    def _refuse(
        self, message_id: str, status: int, reason: str, fault: Fault | None = None
    ) -> Reply:
        body: dict[str, object] = {"reason": reason}
        if status == 410:
            body["timestamp"] = _milliseconds(self._clock())
        headers = [(":status", str(status)), ("apns-id", message_id)]
        return _with_fault(headers, json.dumps(body).encode(), fault or Fault())

    def _push(self, request: Request) -> Push:
        payload = read_payload(request.body)
        title, body = _words(payload.get("aps"))
        return Push(
            address=request.device_token,
            platform="ios",
            app=self._app_of[request.topic],
            collapse_id=request.headers.get("apns-collapse-id"),
            title=title,
            body=body,
            extras=read_extras(payload.get("geopush")),
        )


class _Desk:
    """Apple's end of one connection."""

    def __init__(self, apns: Apns, tokens: ProviderTokens) -> None:
        self._apns = apns
        self._tokens = tokens

    def meet(self, certificate: object) -> None:
        self._tokens.is_certified = bool(certificate)

    def trusts(self, headers: Headers) -> bool:
        return self._tokens.refusal(dict(headers).get("authorization")) is None

    def reply(self, headers: Headers, body: bytes) -> Reply:
        return self._apns.answer(read_request(headers, body), self._tokens)


def _with_fault(headers: Headers, body: bytes, fault: Fault) -> Reply:
    if fault.retry_after is not None:
        headers = [*headers, ("retry-after", str(fault.retry_after))]
    goaway = json.dumps({"reason": "Shutdown"}).encode() if fault.goaway else None
    return Reply(
        headers,
        body,
        fault.latency.total_seconds(),
        drop=fault.drop,
        reset=fault.reset,
        hang=fault.hang,
        split=fault.split,
        goaway=goaway,
    )


def _message_id(request: Request) -> str:
    message_id = request.headers.get("apns-id", "")
    return message_id if is_message_id(message_id) else str(uuid4())


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _words(aps: object) -> tuple[str | None, str | None]:
    alert = aps.get("alert") if isinstance(aps, dict) else None
    if isinstance(alert, str):
        return None, alert
    if not isinstance(alert, dict):
        return None, None
    title, body = alert.get("title"), alert.get("body")
    return (
        title if isinstance(title, str) else None,
        body if isinstance(body, str) else None,
    )


def server_tls(papers: Papers) -> ssl.SSLContext:
    """Return how Apple shows who it is, and asks who the client is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(papers.server_file, papers.server_key_file)
    context.load_verify_locations(papers.ca_file)
    context.verify_mode = ssl.CERT_OPTIONAL  # who shows none shows provider tokens
    context.set_alpn_protocols(["h2"])
    return context
