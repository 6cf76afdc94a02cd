"""Whatever is killed: the server ends with its owner, and starts on what is left."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from geopush.errors import DatabaseError
from geopush.store.account import account_for_postgres, we_are_root
from geopush.store.binaries import find_binaries
from geopush.store.place import take_lock
from geopush.store.pool import GONE, open_connection
from tests.store.services import (
    Start,
    ask,
    insist,
    promise,
    promised,
    service,
    wait_for_end,
)
from tests.waiting import until


def data_of(folder: Path, name: str = "one") -> Path:
    return folder / name / "postgres" / "data"


@contextmanager
def bystander() -> Iterator[int]:
    """A process that has nothing to do with us; its id."""
    with subprocess.Popen(["/bin/sleep", "600"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


@contextmanager
def server_without_owner(
    folder: Path, *locks: int
) -> Iterator[subprocess.Popen[bytes]]:
    """A server on the cluster that nobody of ours has started."""
    account = account_for_postgres()
    binaries = find_binaries(None, account, folder / "refuge")
    data = data_of(folder)
    with subprocess.Popen(
        [binaries.postgres, "-D", data, "-h", "", "-k", data.with_name("run")],
        user=account.uid if we_are_root() else None,
        group=account.gid if we_are_root() else None,
        extra_groups=[] if we_are_root() else None,
        cwd="/",
        pass_fds=locks,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            while "ready" not in text_of(data / "postmaster.pid"):
                assert process.poll() is None
            yield process
        finally:
            process.send_signal(signal.SIGINT)


def text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


async def test_the_server_ends_when_its_owner_is_killed(
    folder: Path, start: Start
) -> None:
    with service(folder / "one") as owner:
        heard = owner.hears()
        word = await promise(str(heard["dsn"]))
        owner.kill()
        assert isinstance(heard["server"], int)
        wait_for_end(heard["server"])
    embedded = await start()
    assert await promised(embedded.dsn) == word


async def test_killing_owner_and_server_loses_nothing(
    folder: Path, start: Start
) -> None:
    with service(folder / "one") as owner:
        heard = owner.hears()
        word = await promise(str(heard["dsn"]))
        assert isinstance(heard["server"], int)
        os.kill(heard["server"], signal.SIGKILL)
    embedded = await start()
    assert await promised(embedded.dsn) == word


async def test_a_start_waits_for_the_server_of_a_killed_owner(
    folder: Path, start: Start
) -> None:
    with service(folder / "one") as owner:
        server = owner.server()
        os.kill(server, signal.SIGSTOP)  # it cannot end yet
    starting = asyncio.create_task(start())
    done, _ = await asyncio.wait([starting], timeout=0.3)
    assert not done
    os.kill(server, signal.SIGCONT)
    embedded = await starting
    assert embedded.pid != server
    assert await ask(embedded.dsn, "SELECT 1") == 1


async def test_a_server_that_was_not_told_of_its_owners_end_is_stopped(
    folder: Path, start: Start
) -> None:
    """As where there is no signal for it."""
    await (await start()).stop()
    lock = take_lock(folder / "one" / "postgres" / "programs.lock")
    assert lock is not None
    with server_without_owner(folder, lock) as orphan:
        os.close(lock)
        embedded = await start()
        assert orphan.wait() == 0
        assert await ask(embedded.dsn, "SELECT 1") == 1


async def test_busy_children_of_a_killed_server_do_not_hold_up_the_next(
    start: Start,
) -> None:
    """A child that computes does not notice by itself that its server is gone."""
    embedded = await start()
    supervising = asyncio.create_task(embedded.supervise(lambda _: None))
    connection = await open_connection(f"{embedded.dsn}&statement_timeout=60s")
    child = await connection.fetchval("SELECT pg_backend_pid()")
    endless = connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")
    busy = asyncio.create_task(endless)
    running = f"SELECT state = 'active' FROM pg_stat_activity WHERE pid = {child}"
    while not await ask(embedded.dsn, running):
        pass
    killed = embedded.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    await until(lambda: embedded.pid not in (None, killed))
    assert await insist(lambda: ask(embedded.dsn, "SELECT 1")) == 1
    with pytest.raises(GONE):
        await busy
    await embedded.stop()
    await supervising


async def test_an_owner_killed_while_it_makes_the_cluster_leaves_nothing_that_counts(
    own_folder: Path, start: Start
) -> None:
    programs = programs_with_slow_initdb(own_folder)
    data = data_of(own_folder, "new")
    with service(own_folder / "new", bin_dir=programs) as owner:
        begun = data.with_name("data.new") / "begun"
        await until(begun.exists)
        initdb = int(begun.read_text())
        owner.kill()
        wait_for_end(initdb)
    assert not data.exists()
    embedded = await start(own_folder / "new")
    assert await ask(embedded.dsn, "SELECT 1") == 1
    assert not (data / "begun").exists()
    assert not data.with_name("data.new").exists()


@pytest.mark.parametrize("left_by", ["the dead", "a bystander"])
async def test_a_process_id_left_behind_does_not_keep_the_server_down(
    folder: Path, start: Start, left_by: str
) -> None:
    """After a restart of a container the same small numbers are somebody else's."""
    with service(folder / "one") as owner:
        server = owner.server()
        os.kill(server, signal.SIGKILL)
    left = data_of(folder) / "postmaster.pid"
    socket_lock = folder / "one" / "postgres" / "run" / ".s.PGSQL.5432.lock"
    assert left.exists()
    assert socket_lock.exists()
    with bystander() as pid:
        if left_by == "a bystander":
            for file in (left, socket_lock):
                file.write_text(file.read_text().replace(str(server), str(pid)))
        embedded = await start()
        assert await ask(embedded.dsn, "SELECT 1") == 1
        os.kill(pid, 0)


async def test_somebody_elses_server_on_our_data_is_left_alone(
    folder: Path, start: Start
) -> None:
    await (await start()).stop()
    with server_without_owner(folder) as foreign:
        with pytest.raises(DatabaseError, match=f"another .*process {foreign.pid}"):
            await start()
        assert foreign.poll() is None


async def test_a_server_that_cannot_start_says_why_at_once(
    folder: Path, start: Start
) -> None:
    await (await start()).stop()
    settings = data_of(folder) / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    with pytest.raises(DatabaseError, match=r"did not start: .*no_such_setting"):
        await start()
    settings.write_text(before)
    assert await ask((await start()).dsn, "SELECT 1") == 1


async def test_an_initdb_that_fails_says_why(own_folder: Path, start: Start) -> None:
    programs = programs_with_initdb(own_folder, "echo the disk is full; exit 1")
    with pytest.raises(DatabaseError, match="initdb failed: the disk is full"):
        await start(own_folder / "new", programs)


async def test_data_of_another_version_are_refused_with_a_way_out(
    folder: Path, start: Start
) -> None:
    await (await start()).stop()
    version = data_of(folder) / "PG_VERSION"
    before = version.read_text()
    version.write_text("15\n")
    with pytest.raises(DatabaseError, match=r"PostgreSQL 15.*GEOPUSH_PG_BIN.*pg_dump"):
        await start()
    version.write_text(before)


async def test_a_directory_that_is_no_cluster_is_not_touched(
    own_folder: Path, start: Start
) -> None:
    treasure = data_of(own_folder, "new") / "treasure"
    treasure.parent.mkdir(parents=True)
    treasure.write_text("gold")
    with pytest.raises(DatabaseError, match="is not a PostgreSQL data directory"):
        await start(own_folder / "new")
    assert treasure.read_text() == "gold"


async def test_a_long_log_is_set_aside(folder: Path, start: Start) -> None:
    await (await start()).stop()
    log = folder / "one" / "postgres" / "postgres.log"
    log.write_bytes(b"\n" * 2_000_000)
    await start()
    assert log.stat().st_size < 10_000
    assert log.with_name("postgres.log.old").stat().st_size == 2_000_000


def programs_with_slow_initdb(folder: Path) -> Path:
    """Programs whose initdb has begun, and does not come to an end."""
    return programs_with_initdb(
        folder, 'echo $$ > "$2/begins"; mv "$2/begins" "$2/begun"; exec sleep 600'
    )


def programs_with_initdb(folder: Path, script: str) -> Path:
    """Programs with an initdb of ours."""
    account = account_for_postgres()
    real = find_binaries(None, account, folder / "refuge")
    programs = folder / "programs"
    programs.mkdir()
    (programs / "postgres").symlink_to(real.postgres)
    initdb = programs / "initdb"
    initdb.write_text(f"#!/bin/sh\n{script}\n")
    for path in (programs, initdb):
        path.chmod(0o755)
    return programs
