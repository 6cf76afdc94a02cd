"""Sends to an Apple, many at a time."""

import asyncio

from geopush.core.message import Accepted, Outcome
from geopush.push.apns import ApnsGateway
from tests.push.build import a_message, an_iphone, words
from tests.push.peer import Peer, accept


async def send_many(gateway: ApnsGateway, count: int, body: str = "x") -> list[Outcome]:
    messages = [
        a_message(an_iphone(n), number=n, content=words(body=body))
        for n in range(1, count + 1)
    ]
    return await asyncio.gather(*map(gateway.send, messages))


def start_many(gateway: ApnsGateway, count: int) -> list[asyncio.Task[Outcome]]:
    return [
        asyncio.create_task(gateway.send(a_message(an_iphone(n), number=n)))
        for n in range(1, count + 1)
    ]


async def proven(peer: Peer, gateway: ApnsGateway) -> None:
    """Have one request answered, so that there may be many at a time."""
    peer.script = accept
    assert await gateway.send(a_message(an_iphone())) == Accepted()
    peer.requests.clear()
