-- When a candidate that waits for the end of quiet hours is decided about again.
ALTER TABLE decision ADD due timestamptz;
CREATE INDEX decision_due ON decision (due, bucket) WHERE verdict = 'deferred';
