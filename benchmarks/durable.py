"""Durable pings over HTTP, one a request: in batches, or a transaction each."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import msgspec

from benchmarks.crowd import CONNECTIONS, ask, post, served
from benchmarks.doors.durable import Argument
from benchmarks.doors.keys import RING
from benchmarks.postgres import one_core, postgres
from benchmarks.report import Goal, Table
from benchmarks.walkers import DEVICES, Places, make_world, settle
from geopush.bench.contest import Contender, Measures, compete
from geopush.bench.rounds import Rounds
from geopush.clock import utc_now
from geopush.core.ping import Ping, customer_key
from geopush.core.token import DeviceToken
from geopush.store.pool import open_pool

ZONES = 1_000
LATER = datetime(2100, 1, 1, tzinfo=utc_now().tzinfo)
OURS, EACH = "geopush", "a transaction a request"
COLUMNS = ("contender", "pings/s", f"x {EACH}", "transitions")
MEANING = f"""\
- **contender**: the whole door in a server process, asked by {CONNECTIONS} connections
  that stay open, one ping a request: token, decoding, matching, deciding, commit,
  answer. `{OURS}` commits together what came while the last commit was under way.
  `{EACH}` is the same code with a transaction of its own for each request, on up to
  four connections.
- **pings/s**: answered in a second. **transitions**: how many in 100 pings.
"""


def run(quick: bool) -> list[Table]:
    """Measure both ways on one Postgres; it and the server share a core."""
    seconds, rounds = (0.3, 1) if quick else (1.5, 7)
    with one_core(), postgres() as dsn:
        openers = {name: partial(open_way, name, dsn, seconds) for name in (OURS, EACH)}
        scores = compete(openers, rounds, hurry=quick)
    rows = [
        [
            name,
            Rounds(one.of("rate")),
            Rounds(one.over(scores[EACH], "rate")),
            Rounds(one.of("transitions")),
        ]
        for name, one in scores.items()
    ]
    over = Rounds(scores[OURS].over(scores[EACH], "rate"))
    what = f"durable single pings at {CONNECTIONS} connections, over {EACH}"
    note = (
        f"{DEVICES:,} devices, {ZONES:,} zones; server and PostgreSQL on one core, the "
        "client on another if there is one."
    )
    goal = Goal(what, 4, 8, over)
    return [Table("durable: single pings", note, COLUMNS, rows, MEANING, [goal])]


def requests(kind: str) -> Iterator[bytes]:
    """Yield pings of all devices in turn, each as of the moment it is asked for."""
    places = Places(make_world(ZONES, None))
    tokens = []
    for number in range(DEVICES):
        key = customer_key(f"{kind}-{number}")
        until = int(LATER.timestamp())
        note = DeviceToken(
            f"{kind}-{number}", key.customer_id, key.bucket, "demo", until
        )
        tokens.append(RING.sign(note))
    for token in itertools.cycle(tokens):
        lon, lat = places.next()
        yield post(token, msgspec.json.encode(Ping(lat, lon, utc_now(), 10.0)))


@contextmanager
def open_way(name: str, dsn: str, seconds: float) -> Iterator[Contender]:
    """Serve one of both ways, and measure it for so many seconds."""
    kind = "each" if name == EACH else "together"
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn))
        runner.run(settle(pool, kind))
        argument = msgspec.json.encode(Argument(dsn, ZONES, name == EACH)).decode()
        count = "SELECT count(*) FROM transition WHERE device_id LIKE $1"
        with served("durable", argument) as server:
            asking = requests(kind)

            def measure() -> Measures:
                before = runner.run(pool.fetchval(count, f"{kind}-%"))
                answered, took = ask(server.port, asking.__next__, seconds)
                happened = runner.run(pool.fetchval(count, f"{kind}-%")) - before
                return {
                    "rate": answered / took,
                    "transitions": 100 * happened / answered,
                }

            yield Contender({}, measure)
        runner.run(pool.close())
