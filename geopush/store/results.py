"""What came of an offer, counted in one snapshot."""

from datetime import datetime

from geopush.core.decision import Verdict
from geopush.core.experiment import Arm
from geopush.core.message import State
from geopush.core.receipt import ReceiptKind
from geopush.core.results import Came, Fared, Heard, Results, sum_up
from geopush.store.pool import Connection
from zones import ZoneId

_CAME = """
    SELECT zone_id, verdict, reason, variant, held_out, count(*) FROM decision
    WHERE offer_id = $1 AND ($2::timestamptz IS NULL OR at >= $2)
      AND ($3::timestamptz IS NULL OR at < $3)
    GROUP BY zone_id, verdict, reason, variant, held_out
    ORDER BY zone_id, verdict, reason, variant, held_out
"""

_CUSTOMERS = """
    SELECT zone_id, count(DISTINCT customer_id) FROM decision
    WHERE offer_id = $1 AND ($2::timestamptz IS NULL OR at >= $2)
      AND ($3::timestamptz IS NULL OR at < $3)
    GROUP BY zone_id
"""

# A message is decided at the moment of its decision, so both lists have the same.
_FARED = """
    SELECT outbox.zone_id, state, variant, count(*)
    FROM outbox
    LEFT JOIN decision ON decision.offer_id = outbox.offer_id
     AND decision.at = outbox.decided_at AND decision_id = message_id
    WHERE outbox.offer_id = $1 AND ($2::timestamptz IS NULL OR decided_at >= $2)
      AND ($3::timestamptz IS NULL OR decided_at < $3)
    GROUP BY outbox.zone_id, state, variant
    ORDER BY outbox.zone_id, state, variant
"""

_HEARD = """
    SELECT outbox.zone_id, kind, variant, count(DISTINCT message_id)
    FROM outbox
    JOIN receipt USING (bucket, message_id)
    LEFT JOIN decision ON decision.offer_id = outbox.offer_id
     AND decision.at = outbox.decided_at AND decision_id = message_id
    WHERE outbox.offer_id = $1 AND ($2::timestamptz IS NULL OR decided_at >= $2)
      AND ($3::timestamptz IS NULL OR decided_at < $3)
    GROUP BY outbox.zone_id, kind, variant
    ORDER BY outbox.zone_id, kind, variant
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
        heard = await connection.fetch(_HEARD, *asked)
        customers = await connection.fetch(_CUSTOMERS, *asked)
    return sum_up(
        offer_id,
        [
            *(
                Came(_zone(zone), Verdict(verdict), reason, count, Arm(*arm))
                for zone, verdict, reason, *arm, count in came
            ),
            *(
                Fared(_zone(zone), State(state), count, Arm(variant))
                for zone, state, variant, count in fared
            ),
            *(
                Heard(_zone(zone), ReceiptKind(kind), count, Arm(variant))
                for zone, kind, variant, count in heard
            ),
        ],
        {_zone(zone): count for zone, count in customers},
    )


def _zone(zone_id: str | None) -> ZoneId | None:
    return None if zone_id is None else ZoneId(zone_id)
