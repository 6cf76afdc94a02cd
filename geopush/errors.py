"""What can go wrong unexpectedly: the tree of exceptions.

GeopushError
├── SettingsError      a setting is unknown, missing or cannot be read
├── DatabaseError      the database cannot be used as it is
└── Overloaded         there is no room now; come back later
"""


class GeopushError(Exception):
    """Something geopush cannot go on with."""


class SettingsError(GeopushError):
    """A setting is unknown, missing or cannot be read."""


class DatabaseError(GeopushError):
    """The database cannot be used as it is."""


class Overloaded(GeopushError):
    """There is no room now; come back later."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"no room now, try again in {retry_after} s")
        self.retry_after = retry_after
