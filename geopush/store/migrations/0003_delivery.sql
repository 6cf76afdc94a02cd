-- Each message waits in the lane of its app and gateway, so that a gateway that takes
-- nothing holds up its own messages and no others.
CREATE FUNCTION lane_of(app text, address_kind text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN app || CASE address_kind WHEN 'apns_token' THEN '/ios' ELSE '/android' END;

ALTER TABLE outbox ADD lane text NOT NULL DEFAULT '';
UPDATE outbox SET lane = lane_of(device.app, device.address_kind)
FROM device
WHERE device.bucket = outbox.bucket AND device.device_id = outbox.device_id
  AND outbox.state IN ('queued', 'claimed', 'retry');
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (lane, due) WHERE state IN ('queued', 'retry');
CREATE INDEX outbox_expiring ON outbox (expires_at) WHERE state IN ('queued', 'retry');

-- An address that a gateway does not take is left alone for a while and never forgotten.
ALTER TABLE device ADD quarantined_until timestamptz;
CREATE INDEX device_in_quarantine ON device (quarantined_until)
    WHERE quarantined_until IS NOT NULL;

-- What phones report, each kind once for each message and button.
CREATE TABLE receipt (
    bucket smallint NOT NULL,
    message_id uuid NOT NULL,
    kind text NOT NULL,
    button text NOT NULL,
    customer_id text NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    value double precision,
    currency text,
    PRIMARY KEY (bucket, message_id, kind, button)
);
