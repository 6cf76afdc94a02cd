"""A door that answers the demo as geopush would, and remembers what it heard."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec import Struct

from geopush.sandbox.clock import SteppedClock
from geopush.sandbox.phones import Stage

ROLES = ("sdk", "manager", "marketer", "crm", "weather", "operator")
KEYS = {role: f"key-of-{role}" for role in ROLES}
NOT_PERMITTED = {"code": "location_not_permitted", "status": 403}


class Heard(Struct, frozen=True):
    """One request, by whom, and when by the story's clock."""

    at: datetime
    method: str
    path: str
    key: str
    body: dict[str, object]


class House:
    """Takes every ping of those who agreed, and decides nothing by itself."""

    def __init__(self, clock: SteppedClock) -> None:
        self.heard: list[Heard] = []
        self.lists: dict[str, list[dict[str, object]]] = {
            "decisions": [],
            "messages": [],
        }
        self.inbox: list[dict[str, object]] = []
        self.lines: set[object] = set()
        self.shut = "/nowhere"
        self._clock = clock
        self._deaf: set[str] = set()

    async def answer(self, request: web.Request) -> web.Response:
        """Answer as the contract says."""
        assert request.transport is not None
        self.lines.add(request.transport.get_extra_info("peername"))
        body = json.loads(await request.read() or b"{}")
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.heard.append(Heard(self._clock(), request.method, request.path, key, body))
        status, answer = self._answer(request, key, body)
        return web.json_response(answer, status=status)

    def _answer(
        self, request: web.Request, key: str, body: dict[str, object]
    ) -> tuple[int, object]:
        if request.path.startswith(self.shut):
            return 403, {"code": "forbidden"}
        name = request.path.rpartition("/")[2]
        match request.method, name:
            case "POST", "devices":
                return self._register(body)
            case "POST", "pings" if key in self._deaf:
                return 403, NOT_PERMITTED
            case "POST", "pings":
                return 202, self._taken(body)
            case "POST", "weather":
                return 202, {"accepted": 1, "stale": 0, "rejected": []}
            case "GET", "inbox":
                return 200, {"phones": self.inbox}
            case "GET", _:
                return 200, self._page(name, request.query)
            case _:
                return 200, {}

    def _register(self, body: dict[str, object]) -> tuple[int, object]:
        token = str(body["device_id"])
        consents = body["consents"]
        assert isinstance(consents, dict)
        if not consents.get("location"):
            self._deaf.add(token)
        return 201, {"token": token}

    def _taken(self, body: dict[str, object]) -> dict[str, object]:
        pings = body["pings"]
        assert isinstance(pings, list)
        return {
            "accepted": len(pings),
            "late": 0,
            "repeated": 0,
            "rejected": [],
            "transitions": [],
            "inside": [],
        }

    def _page(self, name: str, query: Mapping[str, str]) -> dict[str, object]:
        at = int(query.get("cursor", "0"))
        items = self.lists[name]
        last = at + 2 >= len(items)
        return {
            "items": items[at : at + 2],
            "next_cursor": None if last else str(at + 2),
        }

    def said(self, method: str, path: str) -> list[Heard]:
        """The requests to a path or below it."""
        return [
            one
            for one in self.heard
            if one.method == method and one.path.startswith(path)
        ]


@asynccontextmanager
async def open_house(clock: SteppedClock) -> AsyncIterator[tuple[House, Stage]]:
    """A house that listens, and the stage that leads to it."""
    house = House(clock)
    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", house.answer)
    async with TestServer(app, host="127.0.0.1") as server:
        url = str(server.make_url("")).rstrip("/")
        yield house, Stage(url, KEYS, "identity", f"{url}/inbox")
