"""The tests of the store, on a real Postgres."""
