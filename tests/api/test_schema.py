"""Whatever is asked, by the schema or against it: the schema documents the answer."""

import re
from collections.abc import Iterator, Mapping
from uuid import UUID

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from geopush.core.access import Role
from tests.api.conftest import Door
from tests.api.test_happened import add_message
from tests.api.test_offers import an_offer
from tests.api.test_pings import JSON, NOON, PING, SHOP
from tests.api.test_webhooks import add_dead

EXAMPLES = 8  # of each operation, once by the schema and once against it
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CONSENTS = {"location": {"granted": True, "at": "2026-01-01T00:00:00Z"}}
PHONE: dict[str, object] = {
    "device_id": "phone-1",
    "device_secret": "s" * 43,
    "app": "demo",
    "platform": "ios",
    "timezone": "Europe/Amsterdam",
    "language": "en",
    "consents": CONSENTS,
}
FEATURES = {"type": "FeatureCollection", "features": [SHOP | {"id": "shop"}]}
MESSAGE = str(UUID(int=1))
OPENED = {"message_id": MESSAGE, "kind": "opened", "at": NOON}
OBSERVED = {"longitude": 4.9, "latitude": 52.4, "observed_at": NOON}
CONTACTED = {
    "contact_id": "mail-1",
    "customer_id": "ann",
    "channel": "email",
    "category": "promo",
    "at": NOON,
}
HOOK = {"url": "https://example.com/hook"}
QUESTION = {
    "customer_id": "ann",
    "offer_id": "ice",
    "longitude": 4.9,
    "latitude": 52.37,
}

# What each route says to a good request; what is written is there, and goes at last.
GOOD: list[tuple[str, object, int]] = [
    ("POST /v1/devices", PHONE, 200),
    ("POST /v1/pings", PING, 202),
    ("GET /v1/me", None, 200),
    ("GET /v1/me/consents", None, 200),
    ("PUT /v1/me/consents", CONSENTS, 200),
    ("GET /v1/me/preferences", None, 200),
    ("PUT /v1/me/preferences", {"topics": {"a": True}}, 200),
    ("GET /v1/me/inbox", None, 200),
    ("DELETE /v1/me/inbox/{message_id}", None, 204),
    ("POST /v1/me/stop", None, 200),
    ("POST /v1/weather", {"observations": [OBSERVED]}, 202),
    ("PUT /v1/zones/{zone_id}", SHOP, 200),
    ("GET /v1/zones/{zone_id}", None, 200),
    ("GET /v1/zones", None, 200),
    ("GET /v1/zones/nearest", None, 200),
    ("POST /v1/zones/import", FEATURES, 200),
    ("PUT /v1/offers/{offer_id}", an_offer(), 200),
    ("GET /v1/offers/{offer_id}", None, 200),
    ("GET /v1/offers/{offer_id}/results", None, 200),
    ("POST /v1/offers/{offer_id}/preview", {"zone_id": "shop"}, 200),
    ("GET /v1/offers", None, 200),
    ("POST /v1/offers/{offer_id}/pause", None, 200),
    ("POST /v1/offers/{offer_id}/resume", None, 200),
    ("PUT /v1/customers/{customer_id}", {"attributes": {}}, 200),
    ("PATCH /v1/customers/{customer_id}", {"attributes": {"a": 1}}, 200),
    ("GET /v1/customers/{customer_id}", None, 200),
    ("POST /v1/customers/import", {"customer_id": "bob"}, 200),
    ("PUT /v1/customers/{customer_id}/consents", CONSENTS, 200),
    ("GET /v1/customers/{customer_id}/consents", None, 200),
    ("PUT /v1/customers/{customer_id}/preferences", {"topics": {"a": True}}, 200),
    ("GET /v1/customers/{customer_id}/preferences", None, 200),
    ("POST /v1/customers/{customer_id}/stop", None, 200),
    ("POST /v1/contacts", {"contacts": [CONTACTED]}, 202),
    ("GET /v1/messages", None, 200),
    ("POST /v1/messages/{message_id}/retry", None, 200),
    ("POST /v1/messages/{message_id}/drop", None, 200),
    ("POST /v1/receipts", {"receipts": [OPENED]}, 202),
    ("GET /v1/decisions", None, 200),
    ("POST /v1/explain", QUESTION, 200),
    ("GET /v1/feed", None, 200),
    ("PUT /v1/webhooks/{webhook_id}", HOOK, 200),
    ("GET /v1/webhooks/{webhook_id}", None, 200),
    ("GET /v1/webhooks", None, 200),
    ("GET /v1/webhooks/{webhook_id}/dead", None, 200),
    ("POST /v1/webhooks/{webhook_id}/retry", None, 200),
    ("DELETE /v1/webhooks/{webhook_id}", None, 204),
    ("POST /v1/keys", {"role": "crm", "name": "one more"}, 201),
    ("GET /v1/keys", None, 200),
    ("POST /v1/keys/{key_id}/rotate", {"overlap_seconds": 60}, 200),
    ("GET /healthz", None, 200),
    ("GET /readyz", None, 200),
    ("GET /metrics", None, 200),
    ("DELETE /v1/keys/{key_id}", None, 204),
    ("DELETE /v1/offers/{offer_id}", None, 204),
    ("DELETE /v1/zones/{zone_id}", None, 204),
]
QUERIES = {"GET /v1/zones/nearest": {"longitude": 4.9, "latitude": 52.37}}
BY_PHONE = ("/v1/pings", "/v1/receipts", "/v1/me/")
# What can be asked in more than one way.
RESOURCES = sorted({label.split("/")[2] for label, _, _ in GOOD if "/v1/" in label})

pytestmark = pytest.mark.slow


class Asker:
    """Asks as an operator, or as a phone, sometimes for things that are there."""

    def __init__(self, door: Door, token: str, there: Mapping[str, str]) -> None:
        self._door = door
        self._token = token
        self._there = there

    async def ask(self, case: Case, *, there: bool) -> httpx.Response:
        """Send a case as it was made up, with a credential that is good."""
        if there:
            wanted = re.findall(r"{(\w+)}", case.path)
            case.path_parameters = {name: self._there[name] for name in wanted}
        made = case.as_transport_kwargs(base_url="http://geopush")
        ready = requests.Request(**made).prepare()
        by_phone = f"{case.path}/".startswith(BY_PHONE)
        key = self._token if by_phone else self._door.keys[Role.OPERATOR]
        return await self._door.client.request(
            ready.method,
            ready.url,
            content=ready.body,
            headers={**ready.headers, "Authorization": f"Bearer {key}"},
        )


def made_up(schema: BaseSchema, resource: str) -> Iterator[Case]:
    """Requests to all routes of a resource, always the same ones."""
    for result in schema.get_all_operations():
        operation = result.ok()
        if not operation.path.startswith(f"/v1/{resource}"):
            continue
        for mode in GenerationMode:
            yield from _examples(operation.as_strategy(generation_mode=mode))


def _examples(strategy: object) -> list[Case]:
    kept: list[Case] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(case: Case) -> None:
        kept.append(case)

    keep()
    return kept


@pytest.fixture
async def asker(api: Door) -> Asker:
    """Somebody who asks, in a house where there is one of each thing."""
    await api.ask("PUT", "/v1/zones/shop", Role.OPERATOR, json=SHOP)
    await api.ask("PUT", "/v1/offers/ice", Role.OPERATOR, json=an_offer())
    body = {"attributes": {"member": True}}
    await api.ask("PUT", "/v1/customers/ann", Role.OPERATOR, json=body)
    body = {"role": "crm", "name": "to be ended"}
    made = await api.ask("POST", "/v1/keys", Role.OPERATOR, json=body)
    await add_message(api, 1, state="unknown", inbox=True)
    await api.ask("PUT", "/v1/webhooks/crm", Role.OPERATOR, json=HOOK)
    await add_dead(api, 1)
    there = {"webhook_id": "crm"} | {
        "zone_id": "shop",
        "offer_id": "ice",
        "customer_id": "ann",
    }
    there["message_id"] = MESSAGE
    key_id = made.json()["key_id"]
    phone = PHONE | {"customer_id": "ann"}
    made = await api.ask("POST", "/v1/devices", Role.OPERATOR, json=phone)
    return Asker(api, made.json()["token"], there | {"key_id": key_id})


@pytest.fixture
async def schema(api: Door) -> BaseSchema:
    """What the service publishes of itself."""
    answer = await api.ask("GET", "/schema/openapi.json")
    return schemathesis.openapi.from_dict(answer.json())


async def test_what_is_asked_rightly_succeeds_as_the_schema_says(
    asker: Asker, schema: BaseSchema
) -> None:
    routes = {one.ok().label: one.ok() for one in schema.get_all_operations()}
    assert sorted(routes) == sorted(label for label, _, _ in GOOD)
    for label, body, status in GOOD:
        sent = {} if body is None else {"body": body, "media_type": JSON}
        case = routes[label].Case(query=QUERIES.get(label, {}), **sent)
        answer = await asker.ask(case, there=True)
        assert answer.status_code == status, (label, answer.text)
        case.validate_response(answer, checks=CHECKS)


@pytest.mark.parametrize("resource", RESOURCES)
async def test_every_answer_is_one_that_the_schema_documents(
    asker: Asker, schema: BaseSchema, resource: str
) -> None:
    for number, case in enumerate(made_up(schema, resource)):
        answer = await asker.ask(case, there=number % 2 == 0)
        case.validate_response(answer, checks=CHECKS)
