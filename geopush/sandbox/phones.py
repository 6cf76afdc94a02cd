"""A phone as geopush meets it: it registers, says what its owner wants, posts pings.

It speaks HTTP and nothing else, as an SDK in an app would.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus

import msgspec
from aiohttp import ClientSession
from msgspec import Struct

from geopush.sandbox.tracks import Fix
from geopush.sandbox.walkers import Walker

APP = "demo"
ADDRESS_KINDS = {"ios": "apns_token", "android": "fcm_token"}
EXPECTED_REFUSALS = {
    HTTPStatus.FORBIDDEN,  # no consent to location
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
}


class Stage(Struct, frozen=True):
    """Where geopush and the inbox are, and the keys: what sandbox.json tells."""

    base_url: str
    keys: Mapping[str, str]
    identity_secret: str
    inbox_url: str


class RejectedPing(Struct, frozen=True):
    """A ping that was not taken, and why."""

    index: int
    reason: str


class Transition(Struct, frozen=True):
    """What geopush says a ping made happen."""

    kind: str
    zone_id: str
    at: datetime


class Taken(Struct, frozen=True):
    """What geopush answered to pings."""

    accepted: int
    late: int
    repeated: int
    rejected: list[RejectedPing]
    transitions: list[Transition]
    inside: list[str]


class Refused(Struct, frozen=True):
    """Why geopush took none of the pings: its status and the code of the problem."""

    status: int
    code: str


class UnexpectedAnswer(Exception):
    """geopush answered a phone with something that no phone should be told."""


class _Registered(Struct):
    token: str


class _Problem(Struct):
    code: str = "unknown"


class _Ping(Struct, omit_defaults=True):
    latitude: float
    longitude: float
    accuracy: float
    recorded_at: datetime
    speed: float | None = None


class _Pings(Struct):
    pings: list[_Ping]


class _Address(Struct):
    kind: str
    value: str


class _Registration(Struct):
    device_id: str
    device_secret: str
    platform: str
    address: _Address
    customer_id: str
    customer_signature: str
    timezone: str
    language: str
    consents: dict[str, bool]
    app: str = APP


class Phone:
    """One walker's phone; it remembers its token."""

    def __init__(self, walker: Walker, *, stage: Stage, session: ClientSession) -> None:
        self.walker = walker
        self._stage = stage
        self._session = session
        self._token: str | None = None

    async def register(self) -> None:
        """Make the device and its customer known, with what the customer agreed to."""
        status, body = await self._call(
            "POST", "/v1/devices", self._stage.keys["sdk"], self._registration()
        )
        if status not in (HTTPStatus.CREATED, HTTPStatus.OK):
            raise UnexpectedAnswer(status, body)
        self._token = msgspec.json.decode(body, type=_Registered).token

    async def prefer(self) -> None:
        """Say what the customer wants to hear of, the way their account page would."""
        status, body = await self._call(
            "PUT",
            f"/v1/customers/{self.walker.customer_id}/preferences",
            self._stage.keys["crm"],
            self.walker.preferences,
        )
        if status not in (HTTPStatus.CREATED, HTTPStatus.OK):
            raise UnexpectedAnswer(status, body)

    async def post(self, fixes: Sequence[Fix]) -> Taken | Refused:
        """Post fixes as pings and return what became of them."""
        pings = _Pings(list(map(_ping, fixes)))
        status, body = await self._post_with_token(pings)
        if status in EXPECTED_REFUSALS:
            return Refused(status, _problem(body).code)
        if status != HTTPStatus.ACCEPTED:
            raise UnexpectedAnswer(status, body)
        return msgspec.json.decode(body, type=Taken)

    async def _post_with_token(self, pings: _Pings) -> tuple[int, bytes]:
        if self._token is None:
            await self.register()
        status, body = await self._call("POST", "/v1/pings", self._token, pings)
        if status == HTTPStatus.UNAUTHORIZED and _problem(body).code == "token_expired":
            await self.register()
            status, body = await self._call("POST", "/v1/pings", self._token, pings)
        return status, body

    async def _call(
        self, method: str, path: str, key: str | None, body: Struct
    ) -> tuple[int, bytes]:
        async with self._session.request(
            method,
            self._stage.base_url + path,
            data=msgspec.json.encode(body),
            headers={
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/json",
            },
        ) as answer:
            return answer.status, await answer.read()

    def _registration(self) -> _Registration:
        walker = self.walker
        return _Registration(
            device_id=walker.device_id,
            device_secret=walker.device_secret,
            platform=walker.platform,
            address=_Address(ADDRESS_KINDS[walker.platform], walker.address),
            customer_id=walker.customer_id,
            customer_signature=_signature(
                walker.customer_id, self._stage.identity_secret
            ),
            timezone=walker.timezone,
            language=walker.language,
            consents=walker.consents,
        )


def _signature(customer_id: str, identity_secret: str) -> str:
    """What the app's own server would hand to the app for its signed-in customer."""
    return hmac.digest(identity_secret.encode(), customer_id.encode(), "sha256").hex()


def _ping(fix: Fix) -> _Ping:
    return _Ping(
        latitude=fix.latitude,
        longitude=fix.longitude,
        accuracy=fix.accuracy,
        recorded_at=fix.at,
        speed=fix.speed,
    )


def _problem(body: bytes) -> _Problem:
    return msgspec.json.decode(body, type=_Problem)
