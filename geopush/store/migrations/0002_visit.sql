-- Who was where from when till when. Unlike transitions, which are told once, visits are
-- corrected by pings that come a little late. No positions.
CREATE TABLE visit (
    bucket smallint NOT NULL,
    customer_id text NOT NULL,
    device_id text NOT NULL,
    zone_id text NOT NULL,
    began timestamptz NOT NULL,
    left_at timestamptz,
    PRIMARY KEY (bucket, customer_id, device_id, zone_id, began)
);
CREATE INDEX visit_by_zone ON visit (zone_id, began);
