-- Messages that other tools sent, each once for a customer.
CREATE TABLE contact (
    bucket smallint NOT NULL,
    customer_id text NOT NULL,
    contact_id text NOT NULL,
    channel text NOT NULL,
    category text NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, customer_id, contact_id)
);
