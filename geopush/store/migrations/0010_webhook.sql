-- Where the feed is sent to, how far it has been taken over, and what must still go.
CREATE TABLE webhook (
    webhook_id text PRIMARY KEY,
    revision bigint NOT NULL,
    url text NOT NULL,
    types text[] NOT NULL,
    enabled boolean NOT NULL,
    trouble text,
    secret bytea NOT NULL,
    after_xact bigint NOT NULL,
    after_order bigint NOT NULL,
    updated_at timestamptz NOT NULL
);

-- What arrived is gone from here; what nobody took in days waits with due null.
CREATE TABLE webhook_event (
    webhook_id text NOT NULL REFERENCES webhook ON DELETE CASCADE,
    event_id text NOT NULL,
    body bytea NOT NULL,
    feed_xact bigint NOT NULL,
    feed_order bigint NOT NULL,
    due timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    reason text,
    tried_at timestamptz,
    PRIMARY KEY (webhook_id, event_id)
);
CREATE INDEX webhook_event_due ON webhook_event (webhook_id, due) WHERE due IS NOT NULL;
CREATE INDEX webhook_event_dead ON webhook_event (webhook_id, feed_xact, feed_order)
    WHERE due IS NULL;
