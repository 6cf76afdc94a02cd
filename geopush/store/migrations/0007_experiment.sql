-- In which arm of an offer's experiment a candidate was.
ALTER TABLE decision ADD variant text, ADD held_out boolean NOT NULL DEFAULT false;
