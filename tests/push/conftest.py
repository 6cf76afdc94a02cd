"""Stand-ins and gateways that know each other; all are gone when the test ends."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from geopush.clock import Clock, utc_now
from geopush.core.message import Environment
from geopush.push.apns import ApnsAccount, ApnsGateway
from geopush.push.apns_token import SigningKey
from geopush.push.fcm import FcmGateway
from geopush.push.fcm_token import FcmAccount
from geopush.push.gateway import Deadlines
from geopush.sandbox import Sandbox
from geopush.sandbox.certificates import (
    KEY_ID,
    PROJECT_ID,
    TEAM_ID,
    Papers,
    make_papers,
)
from tests.push.build import NOW
from tests.push.google import Google
from tests.push.peer import Peer

APPS = {"demo": "com.example.demo"}

MakeApns = Callable[..., ApnsGateway]
MakeFcm = Callable[..., FcmGateway]


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("papers")


@pytest.fixture(scope="session")
def papers(directory: Path) -> Papers:
    """Certificates and keys, made once."""
    return make_papers(directory)


@pytest.fixture
def key(papers: Papers) -> SigningKey:
    return SigningKey(papers.p8_file.read_text(), KEY_ID, TEAM_ID)


@pytest.fixture
def account(key: SigningKey) -> ApnsAccount:
    return ApnsAccount(APPS, key)


@pytest.fixture
async def sandbox(papers: Papers, directory: Path) -> AsyncIterator[Sandbox]:
    sandbox = await Sandbox.start(directory, apps=APPS, clock=lambda: NOW)
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def peer(papers: Papers) -> AsyncIterator[Peer]:
    peer = Peer()
    server = await peer.start(papers)
    yield peer
    server.close()
    for line in peer.lines:
        line.cut()
    await server.wait_closed()


@pytest.fixture
async def make_apns(account: ApnsAccount, papers: Papers) -> AsyncIterator[MakeApns]:
    async with AsyncExitStack() as stack:

        def make(
            url: str,
            *,
            deadline: float = 5.0,
            token_clock: Clock = utc_now,
            account: ApnsAccount = account,
            ca_file: Path = papers.ca_file,
        ) -> ApnsGateway:
            gateway = ApnsGateway(
                account,
                urls=dict.fromkeys(Environment, url),
                ca_file=ca_file,
                clock=lambda: NOW,
                token_clock=token_clock,
                deadlines=_within(deadline),
            )
            stack.push_async_callback(gateway.close)
            return gateway

        yield make


@pytest.fixture
async def make_fcm(papers: Papers) -> AsyncIterator[MakeFcm]:
    async with AsyncExitStack() as stack:

        def make(
            url: str,
            *,
            deadline: float = 5.0,
            token_uri: str | None = None,
            token_clock: Clock = utc_now,
        ) -> FcmGateway:
            info = msgspec.json.decode(papers.service_account_file.read_bytes())
            info["token_uri"] = token_uri or f"{url}/token"
            text = msgspec.json.encode(info).decode()
            gateway = FcmGateway(
                FcmAccount(PROJECT_ID, text),
                url=url,
                clock=lambda: NOW,
                token_clock=token_clock,
                deadlines=_within(deadline),
            )
            stack.push_async_callback(gateway.close)
            return gateway

        yield make


def _within(seconds: float) -> Deadlines:
    return Deadlines(timedelta(seconds=seconds), timedelta(seconds=seconds))


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    google = Google()
    runner = await google.start()
    yield google
    google.go_on.set()
    await runner.cleanup()
