"""When Apple does not answer: what may have arrived, and what surely did not."""

import socket
from datetime import timedelta

from h2.settings import SettingCodes

from geopush.core.message import Accepted, Environment, Transient
from geopush.push.apns import ApnsAccount, ApnsGateway
from geopush.push.gateway import Deadlines
from geopush.sandbox.certificates import Papers
from tests.push.build import NOW, a_message, an_iphone
from tests.push.conftest import MakeApns
from tests.push.flight import proven, send_many
from tests.push.peer import Peer, accept, keep_silent

DATA_OF_NO_STREAM = bytes(9)  # an empty DATA frame for stream 0


async def test_no_answer_until_the_deadline_is_ambiguous(
    peer: Peer, make_apns: MakeApns
) -> None:
    gateway = make_apns(peer.url, deadline=0.3)
    await proven(peer, gateway)
    peer.script = keep_silent
    outcome = await gateway.send(a_message(an_iphone()))
    assert outcome == Transient("no_answer", ambiguous=True)


async def test_a_connection_silent_for_a_whole_deadline_is_given_up(
    peer: Peer, make_apns: MakeApns
) -> None:
    gateway = make_apns(peer.url, deadline=0.2)
    await proven(peer, gateway)
    peer.script = keep_silent
    await gateway.send(a_message(an_iphone()))
    peer.script = accept
    assert await gateway.send(a_message(an_iphone())) == Accepted()
    assert len(peer.lines) == 2


async def test_one_that_never_left_before_the_deadline_is_not_ambiguous(
    peer: Peer, make_apns: MakeApns
) -> None:
    peer.settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 1}
    gateway = make_apns(peer.url, deadline=0.3)
    await proven(peer, gateway)
    peer.script = keep_silent
    sent, waiting = await send_many(gateway, 2)
    assert sent == Transient("no_answer", ambiguous=True)
    # Its own deadline comes a moment after the other's, which closes the connection.
    assert isinstance(waiting, Transient)
    assert not waiting.ambiguous


async def test_one_that_left_in_part_before_the_deadline_is_not_ambiguous(
    peer: Peer, make_apns: MakeApns
) -> None:
    peer.settings = {SettingCodes.INITIAL_WINDOW_SIZE: 1000}
    gateway = make_apns(peer.url, deadline=0.3)
    await proven(peer, gateway)
    peer.gives_window_back = False
    (outcome,) = await send_many(gateway, 1, body="x" * 3400)
    assert outcome == Transient("no_answer", ambiguous=False)
    assert len(peer.lines[0].opened) == 2


async def test_a_connection_cut_in_mid_flight_is_ambiguous(
    peer: Peer, make_apns: MakeApns
) -> None:
    peer.script = lambda line, _: line.cut()
    outcome = await make_apns(peer.url).send(a_message(an_iphone()))
    assert outcome == Transient("connection_lost", ambiguous=True)


async def test_nobody_listening_is_not_ambiguous(
    peer: Peer, make_apns: MakeApns, unused_tcp_port: int
) -> None:
    gateway = make_apns(f"https://localhost:{unused_tcp_port}")
    outcomes = await send_many(gateway, 5)
    assert outcomes == [Transient("unreachable", ambiguous=False)] * 5


async def test_a_server_that_never_greets_is_not_ambiguous(
    make_apns: MakeApns,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        gateway = make_apns(f"https://localhost:{mute.getsockname()[1]}", deadline=0.1)
        outcome = await gateway.send(a_message(an_iphone()))
    assert outcome == Transient("connect_timeout", ambiguous=False)


async def test_one_who_speaks_nonsense_is_left(peer: Peer, make_apns: MakeApns) -> None:
    peer.script = lambda line, _: line.write(DATA_OF_NO_STREAM)
    outcome = await make_apns(peer.url).send(a_message(an_iphone()))
    assert outcome == Transient("connection_lost", ambiguous=True)


async def test_connecting_has_a_deadline_of_its_own(
    account: ApnsAccount, papers: Papers
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        gateway = ApnsGateway(
            account,
            urls=dict.fromkeys(Environment, f"https://localhost:{_port(mute)}"),
            ca_file=papers.ca_file,
            clock=lambda: NOW,
            deadlines=Deadlines(connect=timedelta(seconds=0.1)),
        )
        outcome = await gateway.send(a_message(an_iphone()))
        await gateway.close()
    assert outcome == Transient("connect_timeout", ambiguous=False)


def _port(server: socket.socket) -> int:
    port: int = server.getsockname()[1]
    return port
