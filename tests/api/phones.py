"""Phones that speak for their customers over HTTP."""

import httpx
from msgspec import Struct

from geopush.core.access import Role
from tests.api.conftest import Door

PHONE = {
    "device_id": "phone-1",
    "device_secret": "s" * 43,
    "app": "demo",
    "platform": "ios",
    "timezone": "Europe/Amsterdam",
    "language": "nl",
}


class Phone(Struct, frozen=True):
    """A phone with its token."""

    api: Door
    token: str

    async def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        """Send a request as this phone."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.api.ask(method, path, headers=headers, **more)


async def a_phone(api: Door, customer_id: str | None = "ann", **said: object) -> Phone:
    """Register a phone, of a customer who is named or of nobody yet."""
    named = {} if customer_id is None else {"customer_id": customer_id}
    body = PHONE | named | said
    answer = await api.ask("POST", "/v1/devices", Role.CRM, json=body)
    assert answer.is_success, answer.text
    return Phone(api, answer.json()["token"])
