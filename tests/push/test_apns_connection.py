"""The connection to Apple, against a peer that misbehaves to order."""

import asyncio
from contextlib import suppress

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes

from geopush.core.message import Accepted, AuthFailed, Outcome, Rejected, Transient
from tests.push.build import a_message, an_iphone
from tests.push.conftest import MakeApns
from tests.push.flight import proven, send_many, start_many
from tests.push.peer import Line, Peer, accept, keep_silent


async def test_more_error_bodies_than_a_window_holds_all_arrive(
    peer: Peer, make_apns: MakeApns
) -> None:
    body = b'{"reason": "BadPath"}' + b" " * 400
    peer.script = lambda line, stream_id: line.answer(stream_id, 404, body)
    outcomes = await send_many(make_apns(peer.url), 300)
    assert outcomes == [Rejected("bad_path")] * 300
    assert len(peer.lines) == 1


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (ErrorCodes.INTERNAL_ERROR, Transient("stream_reset", ambiguous=True)),
        (ErrorCodes.REFUSED_STREAM, Transient("stream_refused", ambiguous=False)),
    ],
)
async def test_a_reset_is_an_answer(
    peer: Peer, make_apns: MakeApns, code: ErrorCodes, outcome: Outcome
) -> None:
    peer.script = lambda line, stream_id: line.reset(stream_id, code)
    assert await make_apns(peer.url).send(a_message(an_iphone())) == outcome


async def test_a_cancelled_send_hurts_no_other_in_flight(
    peer: Peer, make_apns: MakeApns
) -> None:
    gateway = make_apns(peer.url)
    await proven(peer, gateway)
    peer.script = keep_silent
    sends = start_many(gateway, 20)
    await peer.arrived(20)
    sends[7].cancel()
    with suppress(asyncio.CancelledError):
        await sends[7]
    line = peer.lines[0]
    for stream_id in line.whole[1:]:
        line.answer(stream_id, 200)
    others = sends[:7] + sends[8:]
    assert await asyncio.gather(*others) == [Accepted()] * 19
    assert len(peer.lines) == 1
    assert len(peer.phones) == len(set(peer.phones)) == 20


async def test_a_goodbye_in_mid_flight_loses_and_doubles_nothing(
    peer: Peer, make_apns: MakeApns
) -> None:
    gateway = make_apns(peer.url)
    await proven(peer, gateway)
    peer.script = keep_silent
    sends = start_many(gateway, 10)
    await peer.arrived(10)
    line = peer.lines[0]
    spared, refused = line.whole[1:7], line.whole[7:]
    line.say_goodbye(spared[-1], answered=spared)
    outcomes = await asyncio.gather(*sends)
    assert outcomes[:6] == [Accepted()] * 6
    assert outcomes[6:] == [Transient("going_away", ambiguous=False)] * len(refused)


async def test_after_a_goodbye_the_next_send_takes_a_new_connection(
    peer: Peer, make_apns: MakeApns
) -> None:
    gateway = make_apns(peer.url)
    await proven(peer, gateway)
    peer.lines[0].say_goodbye(1, answered=[])
    while not peer.lines[0].is_lost:
        await peer.change()
    assert await gateway.send(a_message(an_iphone())) == Accepted()
    assert len(peer.lines) == 2


async def test_a_full_window_makes_senders_wait_and_costs_no_stream(
    peer: Peer, make_apns: MakeApns
) -> None:
    peer.gives_window_back = False
    gateway = make_apns(peer.url)
    sending = asyncio.create_task(send_many(gateway, 60, body="x" * 3400))
    while len(peer.requests) < 60:
        await peer.change()
        for line in peer.lines:
            assert len(line.opened) - len(line.whole) <= 1
            line.give_window_back()
    assert await sending == [Accepted()] * 60
    assert len(peer.lines) == 1
    assert peer.lines[0].conn.open_inbound_streams == 0


async def test_a_body_larger_than_the_window_of_its_stream_goes_in_pieces(
    peer: Peer, make_apns: MakeApns
) -> None:
    peer.settings = {SettingCodes.INITIAL_WINDOW_SIZE: 1000}
    outcomes = await send_many(make_apns(peer.url), 10, body="x" * 3400)
    assert outcomes == [Accepted()] * 10


async def test_answers_find_their_request_by_its_stream(
    peer: Peer, make_apns: MakeApns
) -> None:
    gateway = make_apns(peer.url)
    await proven(peer, gateway)
    peer.script = keep_silent
    twice = [asyncio.create_task(gateway.send(a_message(an_iphone()))) for _ in "ab"]
    await peer.arrived(2)
    line = peer.lines[0]
    line.answer(line.whole[2], 413, b'{"reason": "PayloadTooLarge"}')
    line.answer(line.whole[1], 200)
    assert [await each for each in twice] == [Accepted(), Rejected("payload_too_large")]


@pytest.mark.parametrize("pieces", [(), (b"",)])
async def test_an_error_may_have_no_body(
    peer: Peer, make_apns: MakeApns, pieces: tuple[bytes, ...]
) -> None:
    peer.script = lambda line, stream_id: line.answer(stream_id, 500, *pieces)
    outcome = await make_apns(peer.url).send(a_message(an_iphone()))
    assert outcome == Transient("internal_error", ambiguous=False)


async def test_an_error_may_come_in_pieces(peer: Peer, make_apns: MakeApns) -> None:
    pieces = (b'{"reason": "Topic', b"Dis", b'allowed"}')
    peer.script = lambda line, stream_id: line.answer(stream_id, 400, *pieces)
    outcome = await make_apns(peer.url).send(a_message(an_iphone()))
    assert outcome == AuthFailed("topic_disallowed")


async def test_all_connections_show_the_same_token(
    peer: Peer, make_apns: MakeApns
) -> None:
    peer.settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 2}
    gateway = make_apns(peer.url)
    await proven(peer, gateway)
    peer.script = keep_silent
    sends = start_many(gateway, 12)
    while len(peer.lines) < 2:
        await peer.change()
    peer.script = accept
    for stream_id in peer.lines[0].whole[1:]:
        peer.lines[0].answer(stream_id, 200)
    sends += start_many(gateway, 12)
    assert await asyncio.gather(*sends) == [Accepted()] * 24
    assert len(peer.lines) > 1
    assert len({request["authorization"] for request in peer.requests}) == 1


async def test_there_are_four_connections_at_most(
    peer: Peer, make_apns: MakeApns
) -> None:
    def answer_the_first(line: Line, stream_id: int) -> None:
        if stream_id == 1:
            line.answer(stream_id, 200)

    peer.settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 1}
    peer.script = answer_the_first
    gateway = make_apns(peer.url)
    sends: list[asyncio.Task[Outcome]] = []
    while not all(line.opened.get(3) for line in peer.lines) or len(peer.lines) < 4:
        sends += start_many(gateway, 1)
        await peer.change()
    peer.script = accept
    for _ in range(10):
        sends += start_many(gateway, 1)
        await asyncio.sleep(0)
    for line in peer.lines:
        line.answer(3, 200)
    assert set(await asyncio.gather(*sends)) == {Accepted()}
    assert len(peer.lines) == 4


async def test_a_cancelled_send_takes_the_connection_from_nobody(
    peer: Peer, make_apns: MakeApns
) -> None:
    first, second = start_many(make_apns(peer.url), 2)
    await asyncio.sleep(0)
    first.cancel()
    assert await second == Accepted()
    assert len(peer.lines) == 1


async def test_there_is_one_request_until_the_first_was_answered(
    peer: Peer, make_apns: MakeApns
) -> None:
    most: list[int] = []

    def count(line: Line, stream_id: int) -> None:
        if len(peer.requests) == 1:
            most.append(len(line.opened))
        line.answer(stream_id, 200)

    peer.script = count
    assert await send_many(make_apns(peer.url), 20) == [Accepted()] * 20
    assert most == [1]


async def test_an_answer_may_come_before_the_request_is_complete(
    peer: Peer, make_apns: MakeApns
) -> None:
    peer.settings = {SettingCodes.INITIAL_WINDOW_SIZE: 1000}
    gateway = make_apns(peer.url)
    await proven(peer, gateway)
    peer.gives_window_back = False
    sending = asyncio.create_task(send_many(gateway, 1, body="x" * 3400))
    line = peer.lines[0]
    while len(line.opened) < 2:
        await peer.change()
    line.answer(max(line.opened), 413, b'{"reason": "PayloadTooLarge"}')
    assert await sending == [Rejected("payload_too_large")]
    peer.gives_window_back = True
    assert await gateway.send(a_message(an_iphone())) == Accepted()
    assert line.broken_off == [sorted(line.opened)[1]]
