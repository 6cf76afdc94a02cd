"""What is known of the customers of a batch, and what became of them."""

from collections.abc import Iterable, Sequence

from geopush.core.change import Change
from geopush.core.known import Known, KnownOf, read_profile, read_state
from geopush.core.ping import CustomerKey
from geopush.store import change_rows
from geopush.store.pool import Connection

_LOAD = """
    SELECT bucket, customer_id, version, state, profile
    FROM unnest($1::smallint[], $2::text[]) AS asked (bucket, customer_id)
    JOIN customer USING (bucket, customer_id)
    WHERE alias_of IS NULL
"""

# Everything hangs on `won`: the customers whose row is still the one that was read. The
# losers write nothing at all; whoever lost reads again and decides again. In the feed
# transitions come before what was decided because of them.
_COMMIT = """
    WITH feed AS MATERIALIZED (
        SELECT feed_place() AS place, feed_turn() AS turn
    ), new AS (
        SELECT * FROM unnest(
            $1::smallint[], $2::text[], $3::integer[], $4::timestamptz[], $5::bytea[]
        ) AS new (bucket, customer_id, version, seen, state)
    ), won AS (
        UPDATE customer
        SET version = customer.version + 1, seen = new.seen, state = new.state
        FROM new
        WHERE customer.bucket = new.bucket
          AND customer.customer_id = new.customer_id
          AND customer.version = new.version
        RETURNING customer.bucket, customer.customer_id
    ), departed AS (
        SELECT * FROM unnest(
            $6::smallint[], $7::text[], $8::text[], $9::text[], $10::boolean[]
        ) AS departed (bucket, customer_id, device_id, zone_id, gone)
        JOIN won USING (bucket, customer_id)
    ), untimed AS (
        DELETE FROM timer USING departed AS d
        WHERE timer.bucket = d.bucket AND timer.customer_id = d.customer_id
          AND timer.device_id = d.device_id AND timer.zone_id = d.zone_id
    ), left_behind AS (
        DELETE FROM presence USING departed AS d
        WHERE d.gone
          AND presence.bucket = d.bucket AND presence.customer_id = d.customer_id
          AND presence.device_id = d.device_id AND presence.zone_id = d.zone_id
    ), came AS (
        SELECT * FROM unnest(
            $11::smallint[], $12::text[], $13::text[], $14::text[],
            $15::timestamptz[], $16::timestamptz[]
        ) AS came (bucket, customer_id, device_id, zone_id, since, due)
        JOIN won USING (bucket, customer_id)
    ), present AS (
        INSERT INTO presence (bucket, customer_id, device_id, zone_id, since)
        SELECT bucket, customer_id, device_id, zone_id, since FROM came
        ON CONFLICT (bucket, customer_id, device_id, zone_id)
        DO UPDATE SET since = EXCLUDED.since
    ), timed AS (
        INSERT INTO timer (bucket, customer_id, device_id, zone_id, due)
        SELECT bucket, customer_id, device_id, zone_id, due FROM came
        WHERE due IS NOT NULL
        ON CONFLICT (bucket, customer_id, device_id, zone_id)
        DO UPDATE SET due = EXCLUDED.due
    ), happened AS (
        INSERT INTO transition (
            bucket, transition_id, customer_id, device_id, zone_id, visit_id, kind, at,
            confidence, reason, feed_xact, feed_order
        )
        SELECT bucket, transition_id, customer_id, device_id, zone_id, visit_id, kind,
               at, confidence, reason, feed.place, feed.turn + n
        FROM unnest(
            $17::smallint[], $18::text[], $19::uuid[], $20::text[], $21::text[],
            $22::uuid[], $23::text[], $24::timestamptz[], $25::smallint[], $26::text[]
        ) WITH ORDINALITY AS happened (
            bucket, customer_id, transition_id, device_id, zone_id, visit_id, kind, at,
            confidence, reason, n
        )
        JOIN won USING (bucket, customer_id)
        CROSS JOIN feed
        ON CONFLICT DO NOTHING
    ), decided AS (
        INSERT INTO decision (
            bucket, decision_id, customer_id, device_id, offer_id, zone_id, occasion,
            at, verdict, reason, trace, weather, variant, held_out, due, feed_xact,
            feed_order
        )
        SELECT bucket, decision_id, customer_id, device_id, offer_id, zone_id, occasion,
               at, verdict, reason, trace, weather, variant, held_out, due,
               CASE WHEN verdict IN ('decided', 'would_have_sent') THEN feed.place END,
               feed.turn + (1 << 19) + n
        FROM unnest(
            $27::smallint[], $28::text[], $29::uuid[], $30::text[], $31::text[],
            $32::text[], $33::text[], $34::timestamptz[], $35::text[], $36::text[],
            $37::bytea[], $38::bytea[], $39::text[], $40::boolean[],
            $41::timestamptz[]
        ) WITH ORDINALITY AS decided (
            bucket, customer_id, decision_id, device_id, offer_id, zone_id, occasion,
            at, verdict, reason, trace, weather, variant, held_out, due, n
        )
        JOIN won USING (bucket, customer_id)
        CROSS JOIN feed
        ON CONFLICT (bucket, decision_id) DO UPDATE
        SET device_id = EXCLUDED.device_id, at = EXCLUDED.at,
            verdict = EXCLUDED.verdict, reason = EXCLUDED.reason,
            trace = EXCLUDED.trace, weather = EXCLUDED.weather, due = EXCLUDED.due,
            variant = EXCLUDED.variant, held_out = EXCLUDED.held_out,
            feed_xact = EXCLUDED.feed_xact, feed_order = EXCLUDED.feed_order
        WHERE decision.verdict = 'deferred'
    ), queued AS (
        INSERT INTO outbox (
            bucket, message_id, customer_id, device_id, offer_id, zone_id, due,
            decided_at, changed_at, expires_at, delivery, content, inbox, lane
        )
        SELECT bucket, message_id, queued.customer_id, device_id, offer_id, zone_id,
               decided_at, decided_at, decided_at, expires_at, delivery, content, inbox,
               coalesce(lane_of(device.app, device.address_kind), '')
        FROM unnest(
            $42::smallint[], $43::text[], $44::uuid[], $45::text[], $46::text[],
            $47::text[], $48::timestamptz[], $49::timestamptz[], $50::text[],
            $51::bytea[], $52::boolean[]
        ) AS queued (
            bucket, customer_id, message_id, device_id, offer_id, zone_id, decided_at,
            expires_at, delivery, content, inbox
        )
        JOIN won USING (bucket, customer_id)
        LEFT JOIN device USING (bucket, device_id)
        ON CONFLICT DO NOTHING
    ), visited AS (
        SELECT * FROM unnest(
            $53::smallint[], $54::text[], $55::text[], $56::text[], $57::timestamptz[],
            $58::timestamptz[], $59::boolean[]
        ) AS visited (bucket, customer_id, device_id, zone_id, began, left_at, undone)
        JOIN won USING (bucket, customer_id)
    ), unvisited AS (
        DELETE FROM visit USING visited AS v
        WHERE v.undone
          AND visit.bucket = v.bucket AND visit.customer_id = v.customer_id
          AND visit.device_id = v.device_id AND visit.zone_id = v.zone_id
          AND visit.began = v.began
    ), corrected AS (
        INSERT INTO visit (bucket, customer_id, device_id, zone_id, began, left_at)
        SELECT bucket, customer_id, device_id, zone_id, began, left_at FROM visited
        WHERE NOT undone
        ON CONFLICT (bucket, customer_id, device_id, zone_id, began)
        DO UPDATE SET left_at = EXCLUDED.left_at
    )
    SELECT bucket, customer_id FROM won
"""

_LOCK = """
    SELECT 1 FROM customer
    JOIN unnest($1::smallint[], $2::text[]) AS asked (bucket, customer_id)
    USING (bucket, customer_id)
    ORDER BY bucket, customer_id
    FOR UPDATE OF customer
"""


async def load(connection: Connection, keys: Iterable[CustomerKey]) -> KnownOf:
    """Everything known of these customers; one that is not there is left out."""
    asked = sorted(set(keys))
    rows = await connection.fetch(
        _LOAD, [key.bucket for key in asked], [key.customer_id for key in asked]
    )
    return {
        (key := CustomerKey(row["bucket"], row["customer_id"])): Known(
            customer=key,
            version=row["version"],
            state=read_state(row["state"]),
            profile=read_profile(row["profile"]),
        )
        for row in rows
    }


async def lock(connection: Connection, keys: Iterable[CustomerKey]) -> None:
    """Lock these customers' rows, in order, until the transaction ends."""
    asked = sorted(set(keys))
    await connection.execute(
        _LOCK, [key.bucket for key in asked], [key.customer_id for key in asked]
    )


async def commit(connection: Connection, changes: Sequence[Change]) -> set[CustomerKey]:
    """Write all of each customer, or nothing of those whose row has changed since.

    Returns the customers that were written; the others are to be read again.
    """
    ordered = sorted(changes, key=lambda change: change.known.customer)
    arguments = [
        column
        for rows, width in (
            ([change_rows.customer(change) for change in ordered], 5),
            (change_rows.each(ordered, change_rows.departed), 5),
            (change_rows.each(ordered, change_rows.came), 6),
            (change_rows.each(ordered, change_rows.happened), 10),
            (change_rows.each(ordered, change_rows.decided), 15),
            (change_rows.each(ordered, change_rows.messages), 11),
            (change_rows.each(ordered, change_rows.visits), 7),
        )
        for column in change_rows.columns(rows, width)
    ]
    rows = await connection.fetch(_COMMIT, *arguments)
    return {CustomerKey(row["bucket"], row["customer_id"]) for row in rows}
