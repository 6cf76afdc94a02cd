-- Who said stop, for ever. Of them nothing is kept but a mark, a keyed hash of their id:
-- it knows them again when they are brought in once more, and tells nobody who they are.
CREATE TABLE suppression (
    mark bytea PRIMARY KEY,
    stopped_at timestamptz NOT NULL
);
