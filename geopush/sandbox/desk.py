"""How everybody but phones speaks to geopush: over HTTP, with the key of a role."""

from collections.abc import AsyncIterator
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from aiohttp import ClientSession
from msgspec import Struct

from geopush.sandbox.phones import Stage, UnexpectedAnswer

GEOJSON, JSON = "application/geo+json", "application/json"
PAGE = 1000

Item = TypeVar("Item")


class Desk:
    """Requests with the key of a role; an answer that is no success is raised."""

    def __init__(self, session: ClientSession, stage: Stage) -> None:
        self._session = session
        self._stage = stage

    async def send(
        self, role: str, method: str, path: str, body: bytes, media_type: str = JSON
    ) -> bytes:
        """Send a document and return the answer."""
        headers = {
            "Authorization": f"Bearer {self._stage.keys[role]}",
            "Content-Type": media_type,
        }
        url = self._stage.base_url + path
        async with self._session.request(
            method, url, data=body, headers=headers
        ) as answer:
            return _good(answer.status, await answer.read())

    async def pages(
        self, role: str, path: str, item: type[Item]
    ) -> AsyncIterator[Item]:
        """Read a list to its end, page by page."""
        headers = {"Authorization": f"Bearer {self._stage.keys[role]}"}
        query: dict[str, str] = {"limit": str(PAGE)}
        while True:
            url = f"{self._stage.base_url}{path}?{urlencode(query)}"
            async with self._session.get(url, headers=headers) as answer:
                body = _good(answer.status, await answer.read())
            page = msgspec.json.decode(body, type=_Page)
            for one in page.items:
                yield msgspec.json.decode(one, type=item)
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    async def inbox(self, shape: type[Item]) -> Item:
        """Read all that arrived on the phones."""
        async with self._session.get(self._stage.inbox_url) as answer:
            body = _good(answer.status, await answer.read())
        return msgspec.json.decode(body, type=shape)


class _Page(Struct):
    items: list[msgspec.Raw]
    next_cursor: str | None = None


def _good(status: int, body: bytes) -> bytes:
    if not 200 <= status < 300:
        raise UnexpectedAnswer(status, body)
    return body
