"""A real browser, driven over its own debugging protocol."""

import asyncio
import json
import shutil
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientWebSocketResponse

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    *(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
    ),
    *("--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--remote-debugging-port=0"),
)
LONGEST = 30.0  # seconds that a busy machine may take for anything
_WAIT = """new Promise(resolve => {
  const look = () => (%s) ? resolve(true) : setTimeout(look, 30);
  look();
})"""


def find_chromium() -> str | None:
    """Return the path of a Chromium, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """A page in the browser, and all that it said or asked for."""

    def __init__(self, wire: ClientWebSocketResponse) -> None:
        self._wire = wire
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, object]]] = {}
        self.complaints: list[str] = []
        self.hosts: set[str] = set()

    async def listen(self) -> None:
        """Take in what the browser says until it is gone."""
        async for message in self._wire:
            said = json.loads(message.data)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            else:
                self._note(said["method"], said.get("params", {}))

    def _note(self, what: str, details: dict[str, dict[str, object]]) -> None:
        match what:
            case "Network.requestWillBeSent":
                url = urlsplit(str(details["request"]["url"]))
                if url.scheme != "data":
                    self.hosts.add(url.netloc)
            case "Log.entryAdded" | "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(details))
            case "Runtime.consoleAPICalled":
                self.complaints.append(json.dumps(details))

    async def call(self, method: str, **parameters: object) -> dict[str, object]:
        """Ask the browser for something and return what it answers."""
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, object]] = asyncio.Future()
        self._answers[number] = answer
        body = {"id": number, "method": method, "params": parameters}
        await self._wire.send_json(body)
        async with asyncio.timeout(LONGEST):
            said = await answer
        assert "error" not in said, said["error"]
        result = said["result"]
        assert isinstance(result, dict)
        return result

    async def say(self, script: str) -> object:
        """Run a script in the page and return its value."""
        found = await self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in found, found
        result = found["result"]
        assert isinstance(result, dict)
        return result.get("value")

    async def until(self, condition: str) -> None:
        """Wait until a condition holds in the page."""
        await self.say(_WAIT % condition)

    async def open(self, url: str) -> None:
        """Go somewhere, and wait until all of it is there."""
        await self.call("Page.navigate", url=url)
        await self.until(f"location.href === {url!r}")
        await self.until("document.readyState === 'complete'")

    async def resize(self, width: int, height: int) -> None:
        """Have a screen of this size; a narrow one is a phone's."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    async def darken(self, wanted: bool) -> None:
        """Prefer dark pages or light ones."""
        scheme = "dark" if wanted else "light"
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.call("Emulation.setEmulatedMedia", features=[feature])

    async def press(self, key: str) -> None:
        """Press a key and let it go."""
        text = {"Enter": "\r", " ": " "}.get(key, "")
        code = {"Tab": 9, "Enter": 13, " ": 32}[key]
        common = {"key": key, "windowsVirtualKeyCode": code}
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        await self.call("Input.dispatchKeyEvent", **down, **common)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    async def picture(self) -> bytes:
        """Return how the page looks, as PNG."""
        found = await self.call("Page.captureScreenshot")
        return b64decode(str(found["data"]))


@asynccontextmanager
async def open_tab(program: str, folder: Path) -> AsyncIterator[Tab]:
    """Start a browser that knows nothing, with one empty page."""
    process = await asyncio.create_subprocess_exec(
        *(program, *FLAGS, f"--user-data-dir={folder / 'profile'}"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(LONGEST):
            port = await _find_port(process.stderr)
        draining = asyncio.create_task(process.stderr.read())
        async with _new_tab(port) as tab:
            yield tab
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    await draining


async def _find_port(stderr: asyncio.StreamReader) -> int:
    async for line in stderr:
        told = line.decode(errors="replace").partition("DevTools listening on ")[2]
        if told:
            port = urlsplit(told.strip()).port
            assert port is not None
            return port
    raise AssertionError("the browser ended before it began")


@asynccontextmanager
async def _new_tab(port: int) -> AsyncIterator[Tab]:
    async with ClientSession() as session:
        url = f"http://127.0.0.1:{port}/json/new?about:blank"
        async with session.put(url) as answer:
            where = json.loads(await answer.read())["webSocketDebuggerUrl"]
        async with session.ws_connect(where, max_msg_size=0) as wire:
            tab = Tab(wire)
            listening = asyncio.create_task(tab.listen())
            for domain in ("Page", "Runtime", "Network", "Log"):
                await tab.call(f"{domain}.enable")
            yield tab
        await listening
