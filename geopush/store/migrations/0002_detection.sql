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

-- Whether the context of an offer holds at a zone where somebody is. When it turns, those
-- inside are decided again, page by page: the cursor says how far that came.
CREATE TABLE edge (
    offer_id text NOT NULL,
    zone_id text NOT NULL,
    holds boolean NOT NULL,
    turned_at timestamptz,
    spreading boolean NOT NULL,
    after_bucket smallint NOT NULL,
    after_customer text NOT NULL,
    PRIMARY KEY (offer_id, zone_id)
);

-- In the order in which those inside are gone through.
CREATE INDEX presence_by_zone_and_customer ON presence (zone_id, bucket, customer_id);
DROP INDEX presence_by_zone;
