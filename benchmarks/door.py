"""What a request of pings costs at the front, without server and database."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from benchmarks.report import Rounds, Table
from geopush.api.front import Front
from geopush.api.ping_door import PATH, PingDoor
from geopush.bench.contest import Contender, Measures, compete, rate
from geopush.core.change import Taken, Upload
from geopush.core.ping import Ping, customer_key
from geopush.core.token import DeviceToken, TokenRing

App = Callable[[dict[str, Any], Any, Any], Coroutine[Any, Any, None]]
Request = tuple[dict[str, Any], dict[str, Any]]

NOON = datetime(2026, 7, 4, 12, 0, tzinfo=UTC)
RING = TokenRing([b"k" * 32])
SIZES = (1, 100)  # pings a request
DEVICES = 1_000
BASE = "bare echo"
COLUMNS = (
    "contender",
    *(f"us, {size} a request" for size in SIZES),
    *(f"x at {size}" for size in SIZES),
)
MEANING = f"""\
- **contender**: `geopush front` is the app as a server calls it: device token (of
  {DEVICES:,} devices, seen before), JSON, answer; ingest answers at once. `{BASE}` is
  an app that reads the body and sends it back. A server's own work, the same for both,
  would bring the ratio nearer to 1.
- **us, N a request**: microseconds of CPU for a request that brings N pings.
- **x at N**: CPU of `{BASE}` over that of this one.
"""


class NoIngest:
    """Answers as ingest does where nothing happens, and keeps nothing."""

    async def take(self, upload: Upload) -> Taken:
        """Say that all is taken."""
        return Taken(len(upload.pings), 0, 0, (), (), ())


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Send a body back."""
    body = (await receive())["body"]
    length = (b"content-length", str(len(body)).encode())
    headers = [(b"content-type", b"application/json"), length]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def our_front() -> App:
    """Build the front with no ingest behind it."""
    return Front(PingDoor(RING, NoIngest(), lambda: NOON), echo)


APPS: dict[str, Callable[[], App]] = {"geopush front": our_front, BASE: lambda: echo}


def run(quick: bool) -> list[Table]:
    """Measure the front beside a bare app."""
    seconds = 0.1 if quick else 0.5
    openers = {name: partial(open_app, name, seconds) for name in APPS}
    scores = compete(openers, rounds=5 if quick else 9)
    rows = [
        [
            name,
            *(Rounds(one.of(size)) for size in SIZES),
            *(Rounds(scores[BASE].over(one, size)) for size in SIZES),
        ]
        for name, one in scores.items()
    ]
    return [Table("door: a request", "In one process.", COLUMNS, rows, MEANING)]


def make_request(number: int, size: int) -> Request:
    """Return a request of a device as a server hands it over: scope and body."""
    times = [NOON - timedelta(minutes=minute) for minute in range(size)]
    pings = [Ping(40.7, -74.0, at, accuracy=12.0) for at in times]
    body = msgspec.json.encode({"pings": pings} if size > 1 else pings[0])
    key = customer_key(f"customer-{number}")
    until = int((NOON + timedelta(days=1)).timestamp())
    note = DeviceToken(f"phone-{number}", key.customer_id, key.bucket, "demo", until)
    headers = [
        (b"host", b"push.example"),
        (b"user-agent", b"Demo/1"),
        (b"accept", b"*/*"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"authorization", f"Bearer {RING.sign(note)}".encode()),
    ]
    scope = {"type": "http", "method": "POST", "path": PATH, "headers": headers}
    return scope, {"type": "http.request", "body": body, "more_body": False}


def ask(app: App, request: Request) -> list[dict[str, Any]]:
    """Ask an app that waits for nothing, so without a loop; return what it sent."""
    scope, event = request
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return event

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    with suppress(StopIteration):
        app(scope, receive, send).send(None)
    return sent


@contextmanager
def open_app(name: str, seconds: float) -> Iterator[Contender]:
    """Build an app, and measure it for so many seconds a size."""
    app = APPS[name]()
    asked = {one: [make_request(n, one) for n in range(DEVICES)] for one in SIZES}

    def step(size: int, _: int) -> int:
        for request in asked[size]:
            ask(app, request)
        return DEVICES

    def measure() -> Measures:
        return {f"{one}": 1e6 / rate(partial(step, one), seconds) for one in SIZES}

    yield Contender({}, measure)
