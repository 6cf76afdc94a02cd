"""A small town to tell stories in: a restaurant, an offer, weather, people with phones.

Everything happens over HTTP, and phones show only what Apple and Google brought.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import httpx

from geopush.app import Running
from geopush.sandbox import Sandbox
from tests.clock import HandClock

DA_MARIO = (4.9, 52.37)
PARK = (4.95, 52.40)
RESTAURANT: dict[str, object] = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": DA_MARIO},
    "properties": {"name": "Da Mario", "radius": 100, "tags": ["restaurant"]},
}
ICE_CREAM: dict[str, object] = {
    "name": "20% off ice cream in the sun",
    "category": "promo",
    "status": "live",
    "audience": {"topics": ["ice_cream"]},
    "trigger": {"any": [{"on": ["enter"], "zones": {"tags": ["restaurant"]}}]},
    "conditions": {"all": [{"weather.temperature_c": {"gte": 22}}]},
    "caps": [{"scope": "offer", "limit": 1, "window": {"rolling": "PT24H"}}],
    "message": {
        "title": {"en": "Ice cream weather"},
        "body": {
            "en": "{{ weather.temperature_c | round }} degrees at {{ zone.name }}"
        },
        "ttl_seconds": 2700,
    },
}
ADDRESSES = {
    "ios": {"kind": "apns_token", "value": "ab" * 32},
    "android": {"kind": "fcm_token", "value": "c" * 22 + ":APA91b" + "d" * 132},
}
AGREED = {"location": True, "push_marketing": True}


class Town:
    """The service, the sky above it and the clock on its tower."""

    def __init__(
        self,
        house: Running,
        street: Sandbox,
        clock: HandClock,
        client: httpx.AsyncClient,
        keys: dict[str, str],
    ) -> None:
        self.house = house
        self.street = street
        self.clock = clock
        self._client = client
        self._keys = keys

    async def ask(
        self, method: str, path: str, by: str, body: object = None
    ) -> httpx.Response:
        """Ask the service, with the key of a role or a phone's token."""
        return await self._client.request(
            method,
            path,
            json=body,
            headers={"Authorization": f"Bearer {self._keys.get(by, by)}"},
        )

    async def asked(
        self, method: str, path: str, by: str, body: object = None
    ) -> dict[str, object]:
        """Ask for something that must succeed; return the answer."""
        answer = await self.ask(method, path, by, body)
        assert answer.is_success, answer.text
        return answer.json()

    async def opens(self, zone_id: str = "da-mario", **more: object) -> None:
        """A store manager uploads a restaurant."""
        await self.asked("PUT", f"/v1/zones/{zone_id}", "manager", RESTAURANT | more)

    async def offers(self, **changes: object) -> dict[str, object]:
        """A marketer saves the ice cream offer."""
        body = ICE_CREAM | changes
        return await self.asked("PUT", "/v1/offers/ice-cream", "marketer", body)

    async def warms_to(self, celsius: float) -> None:
        """The weather service reports how warm it is now."""
        observation = {
            "longitude": 4.9,
            "latitude": 52.4,
            "observed_at": self.clock().isoformat(),
            "temperature_c": celsius,
        }
        body = {"observations": [observation]}
        said = await self.asked("POST", "/v1/weather", "weather", body)
        assert said["accepted"] == 1

    async def meets(
        self, name: str = "anna", platform: str = "ios", **refused: bool
    ) -> "Phone":
        """Somebody installs the app, agrees to everything else, and likes ice cream."""
        phone = Phone(self, name, platform)
        await phone.registers(AGREED | refused)
        topics = {"topics": {"ice_cream": True}}
        path = f"/v1/customers/{phone.customer_id}/preferences"
        await self.asked("PUT", path, "crm", topics)
        return phone

    async def delivers(self) -> None:
        """Everything that is due leaves."""
        while await self.house.deliver.run_once():
            pass

    async def decisions(self, **asked: str) -> list[dict[str, object]]:
        """What was decided about the offer, the first decision first."""
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        path = f"/v1/decisions?offer_id=ice-cream&{query}"
        return (await self.asked("GET", path, "crm"))["items"][::-1]

    async def messages(self) -> list[tuple[str, str]]:
        """What became of each message, and why; the first message first."""
        items = (await self.asked("GET", "/v1/messages", "crm"))["items"]
        return [(one["state"], one["reason"]) for one in items[::-1]]


class Phone:
    """Somebody's phone, with the app on it."""

    def __init__(self, town: Town, name: str, platform: str) -> None:
        self._town = town
        self._name = name
        self._platform = platform
        self._token = self.customer_id = ""

    async def registers(self, consents: dict[str, bool] | None = None) -> None:
        """Make the phone known, or renew its token."""
        body = {
            "device_id": f"phone-of-{self._name}",
            "device_secret": "s" * 43,
            "app": "demo",
            "platform": self._platform,
            "address": ADDRESSES[self._platform],
            "timezone": "Europe/Amsterdam",
            "language": "en",
        }
        given = {} if consents is None else {"consents": consents}
        said = await self._town.asked("POST", "/v1/devices", "sdk", body | given)
        self._token, self.customer_id = said["token"], said["customer_id"]

    async def pings(self, place: tuple[float, float]) -> httpx.Response:
        """A minute passes, and the phone says where it is."""
        now = self._town.clock.step(timedelta(minutes=1))
        longitude, latitude = place
        body = {
            "longitude": longitude,
            "latitude": latitude,
            "accuracy": 10,
            "recorded_at": now.isoformat(),
        }
        return await self._town.ask("POST", "/v1/pings", self._token, body)

    async def goes_to(self, place: tuple[float, float]) -> list[tuple[str, str]]:
        """Walk somewhere and be there for two pings; return what geopush noticed."""
        happened = []
        for _ in range(2):  # one ping elsewhere does not yet mean that somebody left
            answer = await self.pings(place)
            assert answer.status_code == 202, answer.text
            happened += answer.json()["transitions"]
        return [(one["kind"], one["zone_id"]) for one in happened]

    async def comes_by_again(self) -> None:
        """Leave, and come back to the restaurant."""
        await self.goes_to(PARK)
        assert await self.goes_to(DA_MARIO) == [("enter", "da-mario")]

    async def answers(
        self, button: str, kind: str = "answered", message_id: UUID | None = None
    ) -> dict[str, object]:
        """Tap a button under the first message that arrived, or under another."""
        first = self._town.street.inbox.received()[0].message_id
        receipt = {
            "message_id": str(message_id or first),
            "kind": kind,
            "at": self._town.clock().isoformat(),
            "button": button,
        }
        body = {"receipts": [receipt]}
        return await self._town.asked("POST", "/v1/receipts", self._token, body)

    async def received(self) -> Sequence[str]:
        """Everything that arrived on this phone once all that is due has left."""
        await self._town.delivers()
        address = ADDRESSES[self._platform]["value"]
        return [
            item.body or ""
            for phone in self._town.street.inbox.phones()
            if phone.address == address
            for item in phone.received
        ]
