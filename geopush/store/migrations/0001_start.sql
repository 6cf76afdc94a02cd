-- What everything stands on. Tables about people have their bucket first in the key
-- (the first byte of blake2b of the customer id), so that a later split by bucket is
-- a move of rows and not of meaning. Small tables that all processes hold in memory
-- carry a revision instead: whoever knows revision n asks for the rows above n.

-- One row, updated by every change of the catalog: its row lock makes revisions
-- become visible in the order in which they are numbered.
CREATE TABLE catalog (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision bigint NOT NULL
);
INSERT INTO catalog (revision) VALUES (0);

-- A removed zone, offer or key stays as a row without content, so that others hear of it.
CREATE TABLE zone (
    zone_id text PRIMARY KEY,
    revision bigint NOT NULL,
    feature bytea,
    group_name text,
    updated_at timestamptz NOT NULL
);
CREATE INDEX zone_by_revision ON zone (revision);

CREATE TABLE offer (
    offer_id text PRIMARY KEY,
    revision bigint NOT NULL,
    document bytea,
    paused boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL
);
CREATE INDEX offer_by_revision ON offer (revision);

CREATE TABLE weather (
    cell text PRIMARY KEY,
    revision bigint NOT NULL,
    observed_at timestamptz NOT NULL,
    observation bytea NOT NULL
);
CREATE INDEX weather_by_revision ON weather (revision);

CREATE TABLE access_key (
    key_id text PRIMARY KEY,
    revision bigint NOT NULL,
    role text NOT NULL,
    name text NOT NULL,
    group_name text,
    app text,
    hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX access_key_by_revision ON access_key (revision);

-- What the deployment signs with: device tokens, and the identity secrets of apps.
CREATE TABLE secret (
    name text NOT NULL,
    value bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (name, value)
);

-- One versioned row for each customer. state: whereabouts of all their devices and
-- tallies, changed by pings. profile: consents, preferences, attributes and what their
-- devices said of themselves, changed by people. Both start with a format byte.
CREATE TABLE customer (
    bucket smallint NOT NULL,
    customer_id text NOT NULL,
    version integer NOT NULL DEFAULT 0,
    seen timestamptz,
    state bytea NOT NULL,
    profile bytea NOT NULL,
    alias_of text,
    PRIMARY KEY (bucket, customer_id)
) WITH (fillfactor = 70);

CREATE TABLE device (
    bucket smallint NOT NULL,
    device_id text NOT NULL,
    customer_id text NOT NULL,
    app text NOT NULL,
    platform text NOT NULL,
    secret_hash bytea NOT NULL,
    address_kind text,
    address text,
    address_environment text,
    address_since timestamptz,
    address_dead_at timestamptz,
    registered_at timestamptz NOT NULL,
    renewed_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, device_id)
);
CREATE INDEX device_by_id ON device (device_id);
CREATE INDEX device_by_address ON device (address) WHERE address IS NOT NULL;
CREATE INDEX device_by_customer ON device (bucket, customer_id);

CREATE TABLE consent_log (
    bucket smallint NOT NULL,
    consent_id uuid NOT NULL,
    customer_id text NOT NULL,
    purpose text NOT NULL,
    granted boolean NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    text_version text,
    language text,
    source text NOT NULL,
    PRIMARY KEY (bucket, consent_id)
);
CREATE INDEX consent_log_by_customer ON consent_log (bucket, customer_id, at);

-- Who is inside, and what comes due without a ping; written on transitions only.
CREATE TABLE presence (
    bucket smallint NOT NULL,
    customer_id text NOT NULL,
    device_id text NOT NULL,
    zone_id text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (bucket, customer_id, device_id, zone_id)
);
CREATE INDEX presence_by_zone ON presence (zone_id);

CREATE TABLE timer (
    bucket smallint NOT NULL,
    customer_id text NOT NULL,
    device_id text NOT NULL,
    zone_id text NOT NULL,
    due timestamptz NOT NULL,
    PRIMARY KEY (bucket, customer_id, device_id, zone_id)
);
CREATE INDEX timer_by_due ON timer (due, bucket);

CREATE TABLE transition (
    bucket smallint NOT NULL,
    transition_id uuid NOT NULL,
    customer_id text NOT NULL,
    device_id text NOT NULL,
    zone_id text NOT NULL,
    visit_id uuid NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    confidence smallint NOT NULL,
    reason text,
    PRIMARY KEY (bucket, transition_id)
);

-- Every candidate, with the one reason it ended in and the weather it was decided in.
CREATE TABLE decision (
    bucket smallint NOT NULL,
    decision_id uuid NOT NULL,
    customer_id text NOT NULL,
    device_id text NOT NULL,
    offer_id text NOT NULL,
    zone_id text,
    occasion text NOT NULL,
    at timestamptz NOT NULL,
    verdict text NOT NULL,
    reason text NOT NULL,
    trace bytea NOT NULL,
    weather bytea,
    PRIMARY KEY (bucket, decision_id)
);
CREATE INDEX decision_by_customer ON decision (customer_id, at, decision_id);
CREATE INDEX decision_by_offer ON decision (offer_id, at, decision_id);
CREATE INDEX decision_by_time ON decision (at, decision_id);

CREATE TABLE outbox (
    bucket smallint NOT NULL,
    message_id uuid NOT NULL,
    customer_id text NOT NULL,
    device_id text NOT NULL,
    offer_id text NOT NULL,
    zone_id text,
    state text NOT NULL DEFAULT 'queued',
    reason text NOT NULL DEFAULT 'queued',
    due timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    delivery text NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    claim uuid,
    claimed_until timestamptz,
    content bytea NOT NULL,
    in_doubt boolean NOT NULL DEFAULT false,
    PRIMARY KEY (bucket, message_id)
);
CREATE INDEX outbox_due ON outbox (due) WHERE state IN ('queued', 'retry');
CREATE INDEX outbox_claimed ON outbox (claimed_until) WHERE state = 'claimed';
CREATE INDEX outbox_by_offer ON outbox (offer_id, decided_at, message_id);
CREATE INDEX outbox_by_customer ON outbox (customer_id, decided_at, message_id);
CREATE INDEX outbox_by_time ON outbox (decided_at, message_id);

-- Answers to POSTs that carried an Idempotency-Key; status is null while it runs.
CREATE TABLE idempotency (
    credential text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    started_at timestamptz NOT NULL,
    status smallint,
    media_type text,
    answer bytea,
    PRIMARY KEY (credential, key)
);
CREATE INDEX idempotency_by_start ON idempotency (started_at);
