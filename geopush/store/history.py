"""Lists of what happened, the newest first: where a page begins, how it is fetched."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record
from msgspec import Struct

from geopush.store.pool import Connection

# Which index serves depends on what is asked, so no plan is made for all questions.
_PLAN_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan"

Argument = str | int | datetime | UUID | list[str] | None


class After(Struct, frozen=True):
    """The last row of the page before."""

    at: datetime
    row_id: UUID


async def fetch_page(
    connection: Connection, query: str, *arguments: Argument
) -> list[Record]:
    """Fetch rows with a plan of their own."""
    async with connection.transaction(readonly=True):
        await connection.execute(_PLAN_ANEW)
        return await connection.fetch(query, *arguments)
