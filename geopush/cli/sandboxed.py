"""geopush serve --sandbox: the service among stand-ins."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime

from geopush.app import Role, Running
from geopush.cli.serve import serve_house
from geopush.cli.stage import announce, make_keys, start_sandbox
from geopush.clock import utc_now
from geopush.sandbox.clock import SteppedClock
from geopush.settings import Settings

STORY_BEGINS = datetime(2026, 7, 4, 10, tzinfo=UTC)


async def serve_sandboxed(
    settings: Settings, role: Role, *, stepped: bool, migrating: bool
) -> None:
    """Serve until stopped; sandbox.json tells where everything is meanwhile."""
    clock = SteppedClock(STORY_BEGINS) if stepped else utc_now
    async with AsyncExitStack() as stack:
        street, settings = await start_sandbox(settings, clock, stack)

        async def tell(house: Running, base_url: str) -> None:
            keys = await make_keys(house, clock())
            street.reporter.base_url = base_url
            facts = announce(settings, base_url, street, house, keys)
            stack.callback(facts.unlink, missing_ok=True)

        await serve_house(settings, role, clock=clock, migrating=migrating, ready=tell)
