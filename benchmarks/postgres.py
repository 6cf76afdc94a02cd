"""A Postgres of our own that is durable, and everything on one core beside it."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geopush.store.embedded import start_cluster
from geopush.store.migrate import migrate_database


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and all that it starts meanwhile, on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@contextmanager
def postgres() -> Iterator[str]:
    """Start an empty database; it waits for the disk at each commit."""
    folder = Path(tempfile.mkdtemp(prefix="geopush-bench-"))
    folder.chmod(0o711)  # lets every user through, the one of Postgres too
    refuge = folder / "refuge"
    try:
        with asyncio.Runner() as runner:
            embedded = runner.run(start_cluster(folder / "data", refuge=refuge))
            try:
                runner.run(migrate_database(embedded.dsn))
                yield embedded.dsn
            finally:
                runner.run(embedded.stop())
    finally:
        shutil.rmtree(folder)
