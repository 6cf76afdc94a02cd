"""A database of our own: it starts, is shared, is kept alive, and is left in order."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from geopush.errors import DatabaseError
from geopush.store.embedded import start_cluster
from geopush.store.pool import GONE, lost, open_connection, open_pool
from tests.store.services import (
    LONG,
    Start,
    ask,
    insist,
    parent_of,
    promise,
    promised,
    service,
    wait_for_end,
)
from tests.waiting import until


async def test_an_empty_directory_becomes_a_database(start: Start) -> None:
    embedded = await start()
    assert embedded.owner
    assert embedded.alive()
    assert await ask(embedded.dsn, "SELECT current_database()") == "geopush"


async def test_two_directories_do_not_disturb_each_other(
    start: Start, folder: Path
) -> None:
    one, two = await start(folder / "one"), await start(folder / LONG)
    words = [await promise(one.dsn), await promise(two.dsn)]
    assert [await promised(one.dsn), await promised(two.dsn)] == words


async def test_it_is_set_up_for_us_alone_and_keeps_commits_safe(folder: Path) -> None:
    embedded = await start_cluster(folder / "one", refuge=folder / "refuge")
    for setting, value in (
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
        ("server_encoding", "UTF8"),
        ("jit", "off"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
    ):
        assert await ask(embedded.dsn, f"SHOW {setting}") == value
    await embedded.stop()


async def test_what_was_written_is_there_at_the_next_start(start: Start) -> None:
    first = await start()
    word = await promise(first.dsn)
    await first.stop()
    second = await start()
    assert await promised(second.dsn) == word


async def test_the_server_is_our_child_in_a_session_of_its_own(start: Start) -> None:
    """In ours, Ctrl-C would stop it before we are done with it."""
    embedded = await start()
    assert embedded.pid is not None
    assert parent_of(embedded.pid) == os.getpid()
    assert os.getsid(embedded.pid) == embedded.pid


async def test_stopping_twice_is_stopping(start: Start) -> None:
    embedded = await start()
    await embedded.stop()
    await embedded.stop()
    assert not embedded.alive()


async def test_open_sessions_do_not_hold_up_a_stop(start: Start) -> None:
    embedded = await start()
    pool = await open_pool(embedded.dsn)
    async with asyncio.timeout(60):
        await embedded.stop()
    pool.terminate()


async def test_only_the_main_thread_may_start_it(folder: Path) -> None:
    """The server would end with the thread."""

    def start() -> None:
        asyncio.run(start_cluster(folder / "one", refuge=folder / "refuge"))

    with pytest.raises(RuntimeError, match="use the main one"):
        await asyncio.to_thread(start)


async def test_of_two_processes_one_runs_the_server_and_the_other_attaches(
    own_folder: Path,
) -> None:
    place = own_folder / "new"
    with service(place) as first, service(place) as second:
        heard = [first.hears(), second.hears()]
    assert {told["owner"] for told in heard} == {False, True}
    assert {told["server"] is None for told in heard} == {False, True}
    assert heard[0]["dsn"] == heard[1]["dsn"]


async def test_an_attached_process_works_on_the_owners_data(folder: Path) -> None:
    with service(folder / "one") as owner:
        owner.server()
        attached = await start_cluster(folder / "one", refuge=folder / "refuge")
        assert not attached.owner
        assert attached.alive()
        assert await ask(attached.dsn, "SELECT 1") == 1
        await attached.stop()
        assert await ask(attached.dsn, "SELECT 1") == 1


async def test_an_attached_process_is_told_when_the_owner_leaves(folder: Path) -> None:
    heard: list[str] = []
    with service(folder / "one") as owner:
        server = owner.server()
        attached = await start_cluster(folder / "one", refuge=folder / "refuge")
        pool = await open_pool(attached.dsn)
        watching = asyncio.create_task(attached.supervise(heard.append))
        owner.kill()
    with pytest.raises(DatabaseError, match=r"the process that ran .* start this one"):
        await watching
    assert heard
    assert not attached.alive()
    wait_for_end(server)
    with pytest.raises(GONE) as caught:
        await pool.fetchval("SELECT 1")
    assert lost(caught.value)
    pool.terminate()


async def test_whoever_comes_after_the_owner_owns(folder: Path, start: Start) -> None:
    with service(folder / "one") as owner:
        word = await promise(str(owner.hears()["dsn"]))
    embedded = await start()
    assert await promised(embedded.dsn) == word


async def test_a_killed_server_is_started_again_with_its_data(start: Start) -> None:
    heard: list[str] = []
    embedded = await start()
    word = await promise(embedded.dsn)
    supervising = asyncio.create_task(embedded.supervise(heard.append))
    killed = embedded.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_for_end(killed)
    await until(lambda: embedded.pid not in (None, killed))
    assert await insist(lambda: promised(embedded.dsn)) == word
    assert heard == ["PostgreSQL ended with -9; starting it again"]
    await embedded.stop()
    await supervising


async def test_a_pool_outlives_the_server(start: Start) -> None:
    embedded = await start()
    pool = await open_pool(embedded.dsn)
    supervising = asyncio.create_task(embedded.supervise(lambda _: None))
    backend = await pool.fetchval("SELECT pg_backend_pid()")
    killed = embedded.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_for_end(backend)
    assert await insist(lambda: pool.fetchval("SELECT 1")) == 1
    await pool.close()
    await embedded.stop()
    await supervising


async def test_a_stopped_server_stays_stopped(start: Start) -> None:
    heard: list[str] = []
    embedded = await start()
    supervising = asyncio.create_task(embedded.supervise(heard.append))
    await embedded.stop()
    await supervising
    assert not embedded.alive()
    assert heard == []


async def test_a_stop_in_the_middle_of_a_restart_holds(start: Start) -> None:
    noted = asyncio.Event()
    embedded = await start()
    connection = await open_connection(embedded.dsn)
    child = await connection.fetchval("SELECT pg_backend_pid()")
    supervising = asyncio.create_task(embedded.supervise(lambda _: noted.set()))
    os.kill(child, signal.SIGSTOP)  # the restart waits for it
    assert embedded.pid is not None
    os.kill(embedded.pid, signal.SIGKILL)
    await noted.wait()
    await embedded.stop()
    os.kill(child, signal.SIGCONT)
    await supervising
    assert not embedded.alive()
    connection.terminate()


async def test_what_keeps_the_server_down_is_told_and_mended(
    start: Start, folder: Path
) -> None:
    heard: list[str] = []
    embedded = await start()
    version = folder / "one" / "postgres" / "data" / "PG_VERSION"
    written = version.read_text()
    version.write_text("9\n")
    supervising = asyncio.create_task(embedded.supervise(heard.append))
    assert embedded.pid is not None
    os.kill(embedded.pid, signal.SIGKILL)
    await until(lambda: len(heard) >= 4)
    assert "was made by PostgreSQL 9" in heard[1]
    version.write_text(written)
    assert await insist(lambda: ask(embedded.dsn, "SELECT 1")) == 1
    await embedded.stop()
    await supervising
