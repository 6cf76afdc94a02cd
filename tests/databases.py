"""Databases for tests: one server a session, one template, one copy of it a test."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from geopush.store.embedded import start_cluster
from geopush.store.migrate import migrate_database
from geopush.store.pool import open_connection

# Whoever a test left connected goes first, or the deletes would wait for them.
_EMPTY = """
    DO $$
    DECLARE one text;
    BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
        FOR one IN
            SELECT tablename FROM pg_tables
            WHERE schemaname = 'public' AND tablename NOT IN ('migration', 'catalog')
        LOOP
            EXECUTE format('DELETE FROM %I', one);
        END LOOP;
        UPDATE catalog SET revision = 0;
    END $$
"""


class TestPostgres:
    """A server with a migrated template, on which databases are made and dropped."""

    __test__ = False

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._template = ""
        self._clean: list[str] = []

    def prepare(self) -> None:
        """Make the template and migrate it, once."""
        self._template = self._create("CREATE DATABASE {name}")
        asyncio.run(migrate_database(self.dsn_of(self._template)))

    def lend(self) -> str:
        """Return the name of a migrated database that holds nothing."""
        if self._clean:
            return self._clean.pop()
        return self._create("CREATE DATABASE {name} TEMPLATE " + self._template)

    def take_back(self, name: str) -> None:
        """Empty a lent database for the next test: quicker than making another."""
        asyncio.run(self._empty(name))
        self._clean.append(name)

    def create_empty(self) -> str:
        """Make a database without any table; return its name."""
        return self._create("CREATE DATABASE {name}")

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        asyncio.run(self._execute(f"DROP DATABASE {name} WITH (FORCE)"))

    def close(self) -> None:
        """Drop what was lent and the template."""
        for name in (*self._clean, self._template):
            self.drop(name)

    def dsn_of(self, name: str) -> str:
        """Return how to connect to a database of this server."""
        parts = urlsplit(self.dsn)
        query = parts.query or "sslmode=prefer"  # the default; tests add with "&"
        return f"{parts.scheme}://{parts.netloc}/{name}?{query}"

    def _create(self, statement: str) -> str:
        name = f"geopush_test_{uuid4().hex}"
        asyncio.run(self._execute(statement.format(name=name)))
        return name

    async def _empty(self, name: str) -> None:
        connection = await open_connection(self.dsn_of(name))
        try:
            await connection.execute(_EMPTY)
        finally:
            await connection.close()

    async def _execute(self, statement: str) -> None:
        connection = await open_connection(self.dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def running_postgres() -> Iterator[TestPostgres]:
    """Use the server of TEST_DATABASE_URL, else one of our own for this session."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        with _prepared(given) as server:
            yield server
        return
    with open_folder() as folder:
        embedded = asyncio.run(
            start_cluster(folder / "data", durable=False, refuge=folder / "refuge")
        )
        try:
            with _prepared(embedded.dsn) as server:
                yield server
        finally:
            asyncio.run(embedded.stop())


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that lets every user through, the one of Postgres too."""
    folder = Path(tempfile.mkdtemp(prefix="geopush-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _prepared(dsn: str) -> Iterator[TestPostgres]:
    server = TestPostgres(dsn)
    server.prepare()
    try:
        yield server
    finally:
        server.close()
