"""What came of an offer, counted in one snapshot."""

from datetime import datetime

from geopush.core.decision import Verdict
from geopush.core.message import State
from geopush.core.results import Came, Fared, Results, sum_up
from geopush.store.pool import Connection
from zones import ZoneId

_CAME = """
    SELECT zone_id, verdict, reason, count(*) FROM decision
    WHERE offer_id = $1 AND ($2::timestamptz IS NULL OR at >= $2)
      AND ($3::timestamptz IS NULL OR at < $3)
    GROUP BY zone_id, verdict, reason
    ORDER BY zone_id, verdict, reason
"""

_CUSTOMERS = """
    SELECT zone_id, count(DISTINCT customer_id) FROM decision
    WHERE offer_id = $1 AND ($2::timestamptz IS NULL OR at >= $2)
      AND ($3::timestamptz IS NULL OR at < $3)
    GROUP BY zone_id
"""

# A message is decided at the moment of its decision, so both lists have the same.
_FARED = """
    SELECT zone_id, state, count(*) FROM outbox
    WHERE offer_id = $1 AND ($2::timestamptz IS NULL OR decided_at >= $2)
      AND ($3::timestamptz IS NULL OR decided_at < $3)
    GROUP BY zone_id, state
    ORDER BY zone_id, state
"""


async def load_results(
    connection: Connection,
    offer_id: str,
    since: datetime | None,
    until: datetime | None,
) -> Results:
    """Return what came of an offer, from when till when."""
    asked = offer_id, since, until
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        came = await connection.fetch(_CAME, *asked)
        fared = await connection.fetch(_FARED, *asked)
        customers = await connection.fetch(_CUSTOMERS, *asked)
    return sum_up(
        offer_id,
        [
            Came(_zone(zone_id), Verdict(verdict), reason, count)
            for zone_id, verdict, reason, count in came
        ],
        [Fared(_zone(zone_id), State(state), count) for zone_id, state, count in fared],
        {_zone(zone_id): count for zone_id, count in customers},
    )


def _zone(zone_id: str | None) -> ZoneId | None:
    return None if zone_id is None else ZoneId(zone_id)
