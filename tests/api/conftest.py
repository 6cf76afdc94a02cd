"""The real application over a real database, and a key for each role."""

from collections.abc import AsyncIterator, Mapping
from functools import cache

import httpx
import pytest
from litestar import Litestar
from msgspec import Struct

from geopush.api.build import build_api
from geopush.api.front import Front
from geopush.api.parts import Knobs, Parts
from geopush.api.ping_door import PingDoor
from geopush.api.quotas import Quotas
from geopush.api.routes import ROUTES
from geopush.api.speakers import Speakers
from geopush.clock import mint_id
from geopush.core.access import Role
from geopush.core.identity import Identity
from geopush.core.occasion import World
from geopush.core.quota import Quota
from geopush.core.token import TokenRing
from geopush.flows.arrivals import Arrivals
from geopush.flows.contacts import Contacts
from geopush.flows.deciding import Deciding
from geopush.flows.ingest import Ingest
from geopush.flows.keys import KeyAsked, create_key
from geopush.flows.letters import Letters
from geopush.flows.profile import Profiles
from geopush.flows.publish import Publish
from geopush.flows.receipts import Receipts
from geopush.flows.refresh import Refresh
from geopush.flows.register import Register, Rules
from geopush.flows.suppress import Suppress
from geopush.metrics import Metrics
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.people import SUPPRESSIONS

IDENTITY_SECRET = b"the secret of the app"


class Door(Struct):
    """The application, what it is built of, and a key of each role."""

    app: Litestar
    parts: Parts
    client: httpx.AsyncClient
    keys: Mapping[Role, str]

    async def ask(
        self, method: str, path: str, role: Role | None = None, **more: object
    ) -> httpx.Response:
        """Send a request with the key of a role."""
        headers = dict(more.pop("headers", {}))
        if role is not None:
            headers.setdefault("Authorization", f"Bearer {self.keys[role]}")
        return await self.client.request(method, path, headers=headers, **more)

    async def key(self, role: Role, **more: str) -> str:
        """Make one more key."""
        asked = KeyAsked(role=role, name=role, **more)
        made = await create_key(self.parts.pool, asked, now=self.parts.clock())
        await self.parts.refresh.reached(made.revision)
        return made.key


@pytest.fixture
def knobs() -> Knobs:
    """What the operator turned."""
    return Knobs(apps=("demo",))


@pytest.fixture
def quota() -> Quota:
    """What each device may send."""
    return Quota()


@pytest.fixture
async def parts(pool: Pool, clock: HandClock, knobs: Knobs, quota: Quota) -> Parts:
    """The pieces of the house."""
    refresh = Refresh(pool)
    tokens = TokenRing([b"k" * 32])
    metrics = Metrics()
    speakers = Speakers(tokens, lambda: refresh.holders)
    quotas = Quotas(quota, metrics, lambda: clock().timestamp())

    def world() -> World:
        return World(refresh.catalog, refresh.weather)

    ingest = Ingest(pool, world, clock, metrics, lambda: None)
    deciding = Deciding(world, clock, metrics, lambda: None)
    rules = Rules(knobs.apps, Identity({"demo": (IDENTITY_SECRET,)}))
    return Parts(
        clock=clock,
        pool=pool,
        refresh=refresh,
        world=world,
        publish=Publish(pool, refresh, clock),
        tokens=tokens,
        register=Register(pool, SUPPRESSIONS, tokens, rules, clock, mint_id),
        profiles=Profiles(pool, SUPPRESSIONS, clock),
        suppress=Suppress(pool, SUPPRESSIONS, clock),
        contacts=Contacts(pool, clock),
        arrivals=Arrivals(pool, SUPPRESSIONS, clock),
        letters=Letters(pool, world, clock),
        receipts=Receipts(pool, lambda: refresh.catalog, deciding, clock),
        pings=PingDoor(speakers, ingest, clock, quotas),
        quotas=quotas,
        knobs=knobs,
        metrics=metrics.render,
    )


@cache
def building() -> tuple[Parts, Litestar]:
    """The application, made once for all tests, and the parts that it asks."""
    parts = Parts.__new__(Parts)  # each test furnishes it
    return parts, build_api(parts, routes=ROUTES)


@pytest.fixture
async def api(parts: Parts) -> AsyncIterator[Door]:
    """The application with the parts of this test, asked in the test's own loop."""
    furnished, app = building()
    vars(furnished).clear()
    vars(furnished).update(vars(parts))
    front = Front(parts.pings, app)
    transport = httpx.ASGITransport(app=front, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://geopush"
    ) as client:
        yield Door(app, furnished, client, await make_keys(parts))


async def make_keys(parts: Parts) -> dict[Role, str]:
    """Make a key of each role, and wait until they are in force."""
    made = {
        role: await create_key(parts.pool, KeyAsked(role, role), now=parts.clock())
        for role in Role
    }
    await parts.refresh.reached(max(one.revision for one in made.values()))
    return {role: one.key for role, one in made.items()}
