"""Stand-ins and gateways that know each other; all are gone when the test ends."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from geopush.core.message import Environment
from geopush.push.apns import ApnsGateway
from geopush.push.apns_token import ApnsAccount
from geopush.sandbox.certificates import KEY_ID, TEAM_ID, Papers, make_papers
from tests.push.build import NOW
from tests.push.peer import Peer

MakeApns = Callable[..., ApnsGateway]


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Certificates and keys, made once."""
    return make_papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def account(papers: Papers) -> ApnsAccount:
    return ApnsAccount("com.example.demo", papers.p8_file.read_text(), KEY_ID, TEAM_ID)


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

        def make(url: str, *, deadline: float = 5.0) -> ApnsGateway:
            gateway = ApnsGateway(
                account,
                urls=dict.fromkeys(Environment, url),
                ca_file=papers.ca_file,
                clock=lambda: NOW,
                deadline=timedelta(seconds=deadline),
            )
            stack.push_async_callback(gateway.close)
            return gateway

        yield make
