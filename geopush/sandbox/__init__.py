"""Stand-ins for Apple, Google, the weather and the phones, on this machine alone.

``Sandbox.start`` runs them in this event loop, ``geopush.sandbox.thread`` in a thread.
``geopush.sandbox.fixtures`` has them as pytest fixtures, with an example.
``python -m geopush.sandbox.load`` runs those that take everything at once. What is
asked of them over HTTP is in ``geopush.sandbox.control``; ``Rule`` in
``geopush.sandbox.rules`` says how they misbehave.
"""

import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from aiohttp import web
from msgspec import Struct

from geopush.sandbox.apns import Apns, Traffic
from geopush.sandbox.apns_tokens import load_team
from geopush.sandbox.certificates import (
    KEY_ID,
    PROJECT_ID,
    TEAM_ID,
    Papers,
    make_papers,
    point_service_account_at,
)
from geopush.sandbox.clock import Clock, system_clock
from geopush.sandbox.control import CLOCK, INBOX, WEATHER, Control
from geopush.sandbox.fcm import TOKEN_PATH, Fcm
from geopush.sandbox.inbox import Inbox
from geopush.sandbox.oauth import AccessTokens, load_account
from geopush.sandbox.reporter import Reporter
from geopush.sandbox.rules import Rules
from geopush.sandbox.weather import Weather

HOST = "127.0.0.1"


class Ports(Struct, frozen=True):
    """Where the stand-ins listen; 0 picks a free port."""

    apns: int = 0
    fcm: int = 0
    control: int = 0


class Sandbox:
    """The stand-ins, running in this event loop until stopped.

    ``clock`` is the story's time; tokens are judged by ``token_clock``, the machine's
    time unless told otherwise, because the libraries that make them go by it.
    """

    def __init__(
        self,
        papers: Papers,
        apps: Mapping[str, str],
        clock: Clock,
        seed: int,
        token_clock: Clock,
    ) -> None:
        self.apps = dict(apps)
        self.ca_file = papers.ca_file
        self.p8_file, self.client_file = papers.p8_file, papers.client_file
        self.service_account_file = papers.service_account_file
        self.key_id, self.team_id, self.project_id = KEY_ID, TEAM_ID, PROJECT_ID
        self.reporter = Reporter(clock, seed)
        self.inbox = Inbox(clock, self.reporter.heed)
        self.rules = Rules(clock, seed)
        self.weather = Weather()
        self.traffic = Traffic()
        self.apns_url = self.fcm_url = ""
        self.inbox_url = self.clock_url = self.weather_url = ""
        self._papers = papers
        self.clock = clock
        self._token_clock = token_clock
        self._running = AsyncExitStack()

    @classmethod
    async def start(
        cls,
        directory: Path,
        *,
        apps: Mapping[str, str],
        clock: Clock | None = None,
        seed: int = 0,
        ports: Ports = Ports(),  # noqa: B008  a frozen value
        token_clock: Clock = system_clock,
    ) -> Self:
        """Start the stand-ins; ``apps`` gives each app's name its APNs topic."""
        papers = make_papers(directory)
        sandbox = cls(papers, apps, clock or system_clock, seed, token_clock)
        async with AsyncExitStack() as running:
            sandbox._running = running
            running.push_async_callback(sandbox.reporter.stop)
            await sandbox._start_apns(ports.apns)
            await sandbox._start_fcm(ports.fcm)
            await sandbox._start_control(ports.control)
            sandbox._running = running.pop_all()
        return sandbox

    async def stop(self) -> None:
        """Stop all that runs."""
        await self._running.aclose()

    async def _start_apns(self, port: int) -> None:
        papers = self._papers
        apns = Apns(
            load_team(TEAM_ID, KEY_ID, papers.p8_file),
            self.apps,
            self.inbox,
            self.rules,
            clock=self.clock,
            token_clock=self._token_clock,
        )
        self.traffic = apns.traffic
        self._running.push_async_callback(apns.stop)
        port = await apns.start(papers, port)
        self.apns_url = f"https://{HOST}:{port}"

    async def _start_fcm(self, port: int) -> None:
        listener, self.fcm_url = _listen(port)
        file, token_uri = self.service_account_file, self.fcm_url + TOKEN_PATH
        point_service_account_at(token_uri, file)
        access = AccessTokens(load_account(file), token_uri, self._token_clock)
        fcm = Fcm(PROJECT_ID, self.apps, access, self.inbox, self.rules)
        await self._serve(fcm.app(), listener)
        self._running.callback(fcm.let_go)  # before the server waits for the hung

    async def _start_control(self, port: int) -> None:
        listener, url = _listen(port)
        control = Control(
            self.inbox, self.rules, self.weather, self.clock, self.reporter
        )
        await self._serve(control.app(), listener)
        self.inbox_url = url + INBOX
        self.clock_url = url + CLOCK
        self.weather_url = url + WEATHER

    async def _serve(self, app: web.Application, listener: socket.socket) -> None:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._running.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()


def _listen(port: int) -> tuple[socket.socket, str]:
    listener = socket.create_server((HOST, port))
    return listener, f"http://{HOST}:{listener.getsockname()[1]}"
