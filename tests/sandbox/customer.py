"""Somebody with a phone, whom a whole geopush sends an offer with buttons."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

from geopush.sandbox import Sandbox
from tests.faults.service import WAKING, Service, now
from tests.faults.walkers import until_known
from tests.push.senders import until

WHERE = {"latitude": 52.37, "longitude": 4.9}
ZONE = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [4.9, 52.37]},
    "properties": {"name": "Corner Café", "radius": 150},
}
NO_CAPS = [{"scope": "offer", "limit": 100, "window": {"rolling": "PT24H"}}]


class Customer:
    """One customer after another, each with a phone, at the door of a café."""

    def __init__(self, client: httpx.AsyncClient, street: Sandbox) -> None:
        self._client = client
        self._street = street
        self._number = 0

    async def be_sent(self, buttons: Sequence[dict[str, str]]) -> None:
        """Be somebody new, come by, and wait for the push."""
        self._number += 1
        offer = {
            "name": "Ice cream",
            "category": "promo",
            "status": "live",
            "audience": {"topics": ["ice-cream"]},
            "trigger": {"any": [{"on": ["enter"], "zones": {"ids": ["corner-cafe"]}}]},
            "caps": NO_CAPS,
            "message": {
                "title": {"en": "Ice cream weather"},
                "body": {"en": "26 degrees at {{ zone.name }}: 20% off"},
                "buttons": [
                    {"id": one["id"], "text": {"en": one["text"]}} for one in buttons
                ],
            },
        }
        await self.do("PUT", "/v1/offers/ice-cream", offer)
        before = len(self._street.inbox.received())
        token = await self._register()
        ping = WHERE | {"accuracy": 5, "recorded_at": now().isoformat()}
        await self.do("POST", "/v1/pings", ping, token)
        await until(lambda: len(self._street.inbox.received()) > before, WAKING)

    async def preferences(self) -> dict[str, object]:
        """Read what the customer wants by now."""
        path = f"/v1/customers/customer-{self._number}/preferences"
        return await self.do("GET", path)

    async def _register(self) -> str:
        agreed = {"granted": True, "at": "2026-01-01T00:00:00Z"}
        wishes = {"topics": {"ice-cream": True}}
        body = {
            "device_id": f"device-{self._number}",
            "device_secret": "s" * 43,
            "app": "demo",
            "platform": "ios",
            "customer_id": f"customer-{self._number}",
            "address": {"kind": "apns_token", "value": f"{self._number:064x}"},
            "timezone": "Europe/Amsterdam",
            "language": "en",
            "consents": {"location": agreed, "push_marketing": agreed},
        }
        registered = await self.do("POST", "/v1/devices", body)
        path = f"/v1/customers/customer-{self._number}/preferences"
        await self.do("PUT", path, wishes)
        return str(registered["token"])

    async def do(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> dict[str, object]:
        """Ask geopush for something that it does not refuse."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self._client.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        found: dict[str, object] = answer.json()
        return found


@asynccontextmanager
async def open_customer(service: Service, street: Sandbox) -> AsyncIterator[Customer]:
    """Wait until geopush knows who is asking, and put the café where it is."""
    key = await service.command("keys", "create", "operator")
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        await until_known(client)
        customer = Customer(client, street)
        await customer.do("PUT", "/v1/zones/corner-cafe", ZONE)
        yield customer
