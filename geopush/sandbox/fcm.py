"""The stand-in for Google: FCM v1 with its access tokens, as plain HTTP."""

import asyncio
import json
import re
from collections.abc import Mapping
from uuid import uuid4

import msgspec
from aiohttp import web
from msgspec import Struct

from geopush.sandbox.fcm_errors import CODE_FOR, Violation, bad_request, refusal
from geopush.sandbox.fcm_schema import TARGETS, snake, violations
from geopush.sandbox.inbox import Extras, Inbox, Push, read_extras
from geopush.sandbox.oauth import AccessTokens, Grant
from geopush.sandbox.rules import Fault, Gateway, Rules

TOKEN_PATH = "/token"  # noqa: S105  a path, not a token
SEND_PATH = "/v1/projects/{project}/messages:send"
LARGEST_BODY = 1024 * 1024
_TOKEN = re.compile(r"[A-Za-z0-9_:.\-]{1,4096}")


class Answer(Struct, frozen=True):
    """What Google says: a status and JSON."""

    status: int
    body: bytes


class Fcm:
    """Google, as far as a sender of messages can tell."""

    def __init__(
        self,
        project_id: str,
        apps: Mapping[str, str],
        access: AccessTokens,
        inbox: Inbox,
        rules: Rules,
    ) -> None:
        self._project_id = project_id
        self._app_of = {package: app for app, package in apps.items()}
        self._access = access
        self._inbox = inbox
        self._rules = rules
        self._over = asyncio.Event()

    def let_go(self) -> None:
        """Keep nobody hanging any more."""
        self._over.set()

    def app(self) -> web.Application:
        """Return the routes as something to serve."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_post(TOKEN_PATH, self.give_token)
        app.router.add_post(SEND_PATH, self.send)
        return app

    async def give_token(self, request: web.Request) -> web.Response:
        """Give an access token to whom shows a signed assertion."""
        form = await request.post()
        grant = self._access.grant(
            str(form.get("grant_type", "")), str(form.get("assertion", ""))
        )
        status = 200 if isinstance(grant, Grant) else 400
        return _json(Answer(status, msgspec.json.encode(grant)))

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Take one message, or refuse it as Google would."""
        if not self._access.is_good(request.headers.get("Authorization")):
            return _json(Answer(*refusal("UNAUTHENTICATED")))
        if request.match_info["project"] != self._project_id:
            return _json(Answer(*refusal("PERMISSION_DENIED")))
        try:
            body: object = json.loads(await request.read())
        except (ValueError, RecursionError):
            text = "Invalid JSON payload received."
            return _json(Answer(*bad_request([Violation("", text)])))
        wrong = violations(body)
        if wrong:
            return _json(Answer(*bad_request(wrong)))
        return await self._take(request, snake(body))

    async def _take(
        self, request: web.Request, body: Mapping[str, object]
    ) -> web.StreamResponse:
        message = snake(body["message"])
        if "token" in message and not _TOKEN.fullmatch(str(message["token"])):
            return _json(Answer(*refusal("INVALID_ARGUMENT")))
        if body.get("validate_only"):
            return _json(self._accepted("fake_message_id"))
        fault = self._rules.fault(Gateway.FCM, _address(message))
        if not fault.is_refusal and not fault.is_lost:
            self._inbox.record(self._push(message))
        if fault.hang:
            await self._over.wait()
        if (fault.drop or fault.hang) and request.transport is not None:
            request.transport.abort()
        await asyncio.sleep(fault.latency.total_seconds())
        if fault.is_refusal:
            answer = _refuse(fault)
        else:
            answer = _json(self._accepted(uuid4().hex))
        if fault.reset or fault.split:
            return await _in_pieces(request, answer, breaks_off=fault.reset)
        return answer

    def _accepted(self, name: str) -> Answer:
        path = f"projects/{self._project_id}/messages/{name}"
        return Answer(200, json.dumps({"name": path}).encode())

    def _push(self, message: Mapping[str, object]) -> Push:
        android = snake(message.get("android"))
        words = snake(message.get("notification")) | snake(android.get("notification"))
        return Push(
            address=_address(message),
            platform="android",
            app=self._app(android),
            collapse_id=_text(words, "tag"),
            title=_text(words, "title"),
            body=_text(words, "body"),
            extras=_extras(snake(message.get("data")) | snake(android.get("data"))),
        )

    def _app(self, android: Mapping[str, object]) -> str:
        """Name the app: the package asked for, else the only one, else the project."""
        package = _text(android, "restricted_package_name")
        if package in self._app_of:
            return self._app_of[package]
        only = list(self._app_of.values())
        return only[0] if len(only) == 1 else self._project_id


def _address(message: Mapping[str, object]) -> str:
    return next(str(message[target]) for target in TARGETS if message.get(target))


def _text(words: Mapping[str, object], name: str) -> str | None:
    text = words.get(name)
    return text if isinstance(text, str) else None


def _extras(data: Mapping[str, object]) -> Extras:
    try:
        return read_extras(json.loads(str(data.get("geopush", "null"))))
    except (ValueError, RecursionError):
        return Extras()


def _refuse(fault: Fault) -> web.Response:
    code = fault.reason or CODE_FOR.get(fault.status or 500, "INTERNAL")
    response = _json(Answer(*refusal(code, fault.status)))
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    return response


async def _in_pieces(
    request: web.Request, answer: web.Response, *, breaks_off: bool
) -> web.StreamResponse:
    """Send half of an answer, and then the rest or nothing at all."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if not breaks_off:
        await response.write(body[len(body) // 2 :])
    elif request.transport is not None:
        request.transport.abort()
    return response


def _json(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status, body=answer.body, content_type="application/json"
    )
