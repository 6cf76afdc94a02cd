"""What a ping costs at the door, beside a bare echo and what one writes first."""

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import jwt
import msgspec
import shapely

from benchmarks.crowd import CONNECTIONS, ask, post, served
from benchmarks.data import make_pings, make_zones
from benchmarks.doors.keys import RING
from benchmarks.report import Goal, Table
from geopush.bench.contest import Contender, Measures, compete
from geopush.bench.rounds import Rounds
from geopush.core.ping import Ping, customer_key
from geopush.core.token import DeviceToken

NOON = datetime(2026, 7, 4, 12, 0, tzinfo=UTC)
UNTIL = datetime(2100, 1, 1, tzinfo=UTC)
SIZES = (1, 100)  # pings a request
DEVICES = 1_000
ZONES = 10_000
OURS, BASE, USUAL = "geopush front", "bare echo", "FastAPI, pydantic, PyJWT"
APPS = {OURS: "front", BASE: "echo", USUAL: "usual"}
SECRET = "k" * 32
PEERS = "BENCH_PYTHON"  # a Python that has FastAPI, if this one has not
COLUMNS = (
    "contender",
    *(f"us, {size} a request" for size in SIZES),
    *(f"x echo at {size}" for size in SIZES),
    "requests/s",
)
MEANING = f"""\
- **contender**: each is an app in a server process of its own: uvicorn with uvloop
  and httptools, the same settings, one core, no TLS, asked from another core by
  {CONNECTIONS} connections that stay open. `{OURS}` is the whole way of a ping but for
  the database: device token (of {DEVICES:,} devices, seen before), JSON into types, the
  line that makes batches, one look into the index of {ZONES:,} city zones for each
  batch, the answer. `{BASE}` is an ASGI app that reads the body and sends it back.
  `{USUAL}` does the same job as one writes it first: a JWT checked by a dependency, a
  model of the same bounds, shapely's STRtree for each ping, a response model.
- **us, N a request**: microseconds of the server's CPU for a request of N pings.
- **x echo at N**: CPU of `{BASE}` over that of this one.
- **requests/s**: of one ping each. The client shares the machine: trust the CPU more.
"""


def run(quick: bool) -> list[Table]:
    """Measure the door beside its peers."""
    seconds, rounds = (0.2, 1) if quick else (0.8, 9)
    with tempfile.NamedTemporaryFile(suffix=".zones") as shapes:
        zones = make_zones("city", ZONES)
        drawn = [shapely.to_wkb(one.area.geometry, hex=True) for one in zones]
        Path(shapes.name).write_text("\n".join(drawn))
        openers = {
            name: partial(open_door, name, shapes.name, seconds)
            for name in APPS
            if name != USUAL or peers() is not None
        }
        scores = compete(openers, rounds, hurry=quick)
    rows = [
        [
            name,
            *(Rounds(one.of(size)) for size in SIZES),
            *(Rounds(scores[BASE].over(one, size)) for size in SIZES),
            Rounds(one.of("per_second")),
        ]
        for name, one in scores.items()
    ]
    ours = scores[OURS]
    what = "a ping through the door, CPU of"
    goals = [
        Goal(f"{what} {BASE} over ours", 0.6, 0.8, Rounds(scores[BASE].over(ours, 1)))
    ]
    note = "FastAPI and PyJWT are not installed, so one peer is missing."
    if USUAL in scores:
        over = Rounds(scores[USUAL].over(ours, 1))
        goals.append(Goal(f"{what} {USUAL} over ours", 5, 8, over))
        note = "All peers were there."
    return [Table("door: a request", note, COLUMNS, rows, MEANING, goals)]


def peers() -> str | None:
    """Return a Python that has what the usual way takes, if there is one."""
    python = os.environ.get(PEERS, sys.executable)
    wanted = "import fastapi, jwt, shapely, uvicorn, uvloop, httptools"
    found = subprocess.run([python, "-c", wanted], capture_output=True)
    return python if found.returncode == 0 else None


def make_body(number: int, size: int) -> bytes:
    """Return what a device sends: its last pings, a minute apart."""
    lons, lats = (one.tolist() for one in make_pings("city", size, seed=number))
    pings = [
        Ping(lat, lon, NOON - timedelta(minutes=minute), accuracy=12.0)
        for minute, (lon, lat) in enumerate(zip(lons, lats, strict=True))
    ]
    return msgspec.json.encode({"pings": pings} if size > 1 else pings[0])


def make_token(number: int, app: str) -> str:
    """Return the token that a device shows to an app."""
    if APPS[app] == "usual":
        claims = {
            "sub": f"phone-{number}",
            "exp": UNTIL,
            "customer": f"customer-{number}",
        }
        return jwt.encode(claims, SECRET, algorithm="HS256")
    key = customer_key(f"customer-{number}")
    until = int(UNTIL.timestamp())
    note = DeviceToken(f"phone-{number}", key.customer_id, key.bucket, "demo", until)
    return RING.sign(note)


def path(name: str, size: int) -> str:
    """Return where an app takes requests of so many pings."""
    return "/v1/pings/batch" if name == USUAL and size > 1 else "/v1/pings"


@contextmanager
def open_door(name: str, shapes: str, seconds: float) -> Iterator[Contender]:
    """Serve an app, and measure it for so many seconds a size."""
    tokens = [make_token(number, name) for number in range(DEVICES)]
    asked = {
        size: itertools.cycle(
            [
                post(token, make_body(n, size), path(name, size))
                for n, token in enumerate(tokens)
            ]
        )
        for size in SIZES
    }
    python = peers() if name == USUAL else None
    with served(APPS[name], shapes, python or sys.executable) as server:

        def measure() -> Measures:
            measures = {}
            for size in SIZES:
                before = server.cpu()
                answered, took = ask(server.port, asked[size].__next__, seconds)
                measures[f"{size}"] = 1e6 * (server.cpu() - before) / answered
                measures.setdefault("per_second", answered / took)
            return measures

        yield Contender({}, measure)
