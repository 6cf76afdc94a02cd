"""Who Postgres runs as: ourselves, or a system user when we are root."""

import os
import pwd
from pathlib import Path

from msgspec import Struct

from geopush.errors import DatabaseError

# Most to least our own: one made for us, one made for databases, one for nothing else.
SYSTEM_USERS = ("geopush", "postgres", "nobody")


class Account(Struct, frozen=True):
    """A user of this machine, by name and number."""

    name: str
    uid: int
    gid: int

    def can_enter(self, directory: Path) -> bool:
        """Tell whether every directory down to this one lets the user through."""
        place = directory.resolve()
        return all(self._may_pass(step) for step in (place, *place.parents))

    def _may_pass(self, directory: Path) -> bool:
        status = directory.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)

    def unless_owned(self, data: Path) -> "Account":
        """Return the user that owns the data already, else this one."""
        if not data.exists() or data.stat().st_uid in (0, self.uid):
            return self
        status = data.stat()
        return Account(f"number {status.st_uid}", status.st_uid, status.st_gid)


def we_are_root() -> bool:
    """Tell whether this process may become any user."""
    return os.geteuid() == 0


def our_account() -> Account:
    """Return the user this process runs as."""
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:
        raise DatabaseError(
            f"user {os.geteuid()} has no name in /etc/passwd, which PostgreSQL "
            "needs: add it, or set GEOPUSH_DATABASE_URL"
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def account_for_postgres(names: tuple[str, ...] = SYSTEM_USERS) -> Account:
    """Return the user that Postgres shall run as."""
    if not we_are_root():
        return our_account()
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in names:
        if name in known and known[name].pw_uid != 0:
            return Account(name, known[name].pw_uid, known[name].pw_gid)
    raise DatabaseError(
        "PostgreSQL refuses to run as root and there is no user to run it as: "
        f"one of {', '.join(names)} is needed (useradd --system geopush)"
    )
