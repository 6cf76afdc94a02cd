-- What the feed tells. Its order is (feed_xact, feed_order). The first is no less than the
-- number of the transaction that wrote the row, so that nothing can appear any more below
-- the oldest transaction that still runs; and no less than the first of whatever was
-- committed before the statement began, so that of one customer, whose row is written by
-- one transaction at a time, it never runs backwards. The second is the order within.
CREATE FUNCTION feed_place() RETURNS xid8 LANGUAGE sql STABLE
    RETURN greatest(pg_current_xact_id(), pg_snapshot_xmax(pg_current_snapshot()));

-- One number for a statement, with room for the rows that it writes.
CREATE SEQUENCE feed_statement AS bigint;
CREATE FUNCTION feed_turn() RETURNS bigint LANGUAGE sql VOLATILE
    RETURN nextval('feed_statement') << 20;

-- Rows from before have no place: the feed begins here, and no table is rewritten.
ALTER TABLE transition ADD feed_xact xid8, ADD feed_order bigint;
ALTER TABLE transition ALTER feed_xact SET DEFAULT feed_place(),
    ALTER feed_order SET DEFAULT feed_turn();
CREATE INDEX transition_by_place ON transition (feed_xact, feed_order);

-- Most candidates are withheld; the feed does not tell of them, nor of those that wait.
ALTER TABLE decision ADD feed_xact xid8, ADD feed_order bigint;
ALTER TABLE decision ALTER feed_xact SET DEFAULT feed_place(),
    ALTER feed_order SET DEFAULT feed_turn();
CREATE INDEX decision_by_place ON decision (feed_xact, feed_order)
    WHERE verdict IN ('decided', 'would_have_sent');

ALTER TABLE receipt ADD feed_xact xid8, ADD feed_order bigint;
ALTER TABLE receipt ALTER feed_xact SET DEFAULT feed_place(),
    ALTER feed_order SET DEFAULT feed_turn();
CREATE INDEX receipt_by_place ON receipt (feed_xact, feed_order);

ALTER TABLE consent_log ADD feed_xact xid8, ADD feed_order bigint;
ALTER TABLE consent_log ALTER feed_xact SET DEFAULT feed_place(),
    ALTER feed_order SET DEFAULT feed_turn();
CREATE INDEX consent_log_by_place ON consent_log (feed_xact, feed_order);

-- What messages came to, each time. Many statements move a message, and none may forget this.
CREATE TABLE message_event (
    bucket smallint NOT NULL,
    message_id uuid NOT NULL,
    customer_id text NOT NULL,
    device_id text NOT NULL,
    offer_id text NOT NULL,
    zone_id text,
    state text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    feed_xact xid8 NOT NULL DEFAULT feed_place(),
    feed_order bigint NOT NULL DEFAULT feed_turn(),
    PRIMARY KEY (bucket, message_id, feed_order)
);
CREATE INDEX message_event_by_place ON message_event (feed_xact, feed_order);

CREATE FUNCTION tell_of_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO message_event (
        bucket, message_id, customer_id, device_id, offer_id, zone_id, state, reason, at
    )
    VALUES (
        NEW.bucket, NEW.message_id, NEW.customer_id, NEW.device_id, NEW.offer_id,
        NEW.zone_id, NEW.state, NEW.reason, NEW.changed_at
    );
    RETURN NULL;
END $$;

CREATE TRIGGER outbox_moved AFTER UPDATE OF state ON outbox
    FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NEW.state NOT IN ('queued', 'claimed', 'retry'))
    EXECUTE FUNCTION tell_of_message();
