"""The sandbox in a thread of its own, for tests and programs that await nothing."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from geopush.sandbox import Sandbox
from geopush.sandbox.inbox import Item, PhoneView
from geopush.sandbox.reporter import Rates
from geopush.sandbox.rules import Rule

T = TypeVar("T")


class SandboxThread:
    """A running sandbox, asked from another thread; every call waits for its end."""

    def __init__(self, sandbox: Sandbox, loop: asyncio.AbstractEventLoop) -> None:
        self._sandbox = sandbox
        self._loop = loop
        self.apns_url, self.fcm_url = sandbox.apns_url, sandbox.fcm_url
        self.inbox_url = sandbox.inbox_url
        self.ca_file, self.p8_file = sandbox.ca_file, sandbox.p8_file
        self.client_file = sandbox.client_file
        self.service_account_file = sandbox.service_account_file
        self.key_id, self.team_id = sandbox.key_id, sandbox.team_id
        self.project_id = sandbox.project_id

    def phones(self) -> list[PhoneView]:
        """List the phones that got anything: what each shows, and all that arrived."""
        return self._ask(self._sandbox.inbox.phones)

    def received(self) -> list[Item]:
        """List all that arrived, phone by phone."""
        return self._ask(self._sandbox.inbox.received)

    def misbehave(self, *rules: Rule) -> None:
        """Put faults in force, behind those that are."""
        self._ask(lambda: self._sandbox.rules.add(rules))

    def behave(self) -> None:
        """End all faults."""
        self._ask(self._sandbox.rules.clear)

    def report(self, base_url: str, rates: Rates) -> None:
        """Let phones report what arrives to the geopush that is there."""

        def told() -> None:
            reporter = self._sandbox.reporter
            reporter.base_url, reporter.rates = base_url, rates

        self._ask(told)

    def reported(self) -> int:
        """Wait until all has been reported; return of how many messages."""
        self._run(self._sandbox.reporter.drain())
        return self._sandbox.reporter.count.reported

    def _ask(self, question: Callable[[], T]) -> T:
        async def asked() -> T:
            return question()

        return self._run(asked())

    def _run(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


@contextmanager
def run_sandbox(
    directory: Path, apps: Mapping[str, str], seed: int = 0
) -> Iterator[SandboxThread]:
    """Run a sandbox in a thread; ``apps`` gives each app's name its APNs topic."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="geopush sandbox")
    thread.start()

    def run(work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    try:
        sandbox = run(Sandbox.start(directory, apps=apps, seed=seed))
        try:
            yield SandboxThread(sandbox, loop)
        finally:
            run(sandbox.stop())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
