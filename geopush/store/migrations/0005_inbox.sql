-- What an offer leaves behind in the app, until the customer puts it away.
ALTER TABLE outbox ADD inbox boolean NOT NULL DEFAULT false, ADD put_away_at timestamptz;

-- Whom somebody was before, to list what they were told then; and by device.
CREATE INDEX customer_by_alias ON customer (alias_of) WHERE alias_of IS NOT NULL;
CREATE INDEX outbox_by_device ON outbox (device_id, decided_at, message_id);
