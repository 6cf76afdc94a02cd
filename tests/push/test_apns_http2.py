"""Requests written into h2's state: byte for byte and state for state what h2 does."""

import random

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from geopush.push.apns_http2 import FORGET_EVERY, ClientConnection

Headers = list[tuple[bytes, bytes]]


def headers(number: int, extra: int = 0) -> Headers:
    return [
        (b":method", b"POST"),
        (b":scheme", b"https"),
        (b":authority", b"api.push.apple.com"),
        (b":path", b"/3/device/%064x" % number),
        (b"apns-id", b"%d" % number),
        (b"apns-topic", b"com.example.demo"),
        (b"authorization", b"bearer " + b"x" * (200 + extra)),
    ]


class Twins:
    """Ours and h2's own, before one server that hears ours and answers both."""

    def __init__(self, seed: int, window: int = 65_535) -> None:
        self.dice = random.Random(seed)
        self.ours, self.plain = ClientConnection(), ClientConnection()
        self.server = H2Connection(H2Configuration(client_side=False))
        self.open: dict[int, int] = {}  # stream and how much of its body is left
        self.waiting: list[int] = []  # for an answer
        self.bodies: dict[int, bytes] = {}
        self.asked: dict[int, Headers] = {}
        for one in (self.ours, self.plain):
            one.initiate_connection()
        self.server.initiate_connection()
        self.server.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.exchange()

    def exchange(self) -> None:
        """Hand all bytes on, and compare what both have written and know."""
        written = self.ours.data_to_send()
        assert written == self.plain.data_to_send()
        for event in self.server.receive_data(written):
            match event:
                case RequestReceived():
                    self.asked[event.stream_id] = list(event.headers)
                case DataReceived():
                    body = self.bodies.get(event.stream_id, b"")
                    self.bodies[event.stream_id] = body + event.data
                case StreamEnded():
                    self.waiting.append(event.stream_id)
        answer = self.server.data_to_send()
        heard = [one.receive_data(answer) for one in (self.ours, self.plain)]
        assert list(map(repr, heard[0])) == list(map(repr, heard[1]))
        assert known(self.ours) == known(self.plain)

    def begin(self) -> None:
        """Open a stream."""
        number = self.ours.get_next_available_stream_id()
        self.ours.open_stream(number, headers(number))
        self.plain.send_headers(number, headers(number))
        self.open[number] = self.dice.randrange(1, 6000)

    def write(self) -> None:
        """Write as much of a body as there is room for, or a piece of that."""
        if not self.open:
            return
        number = self.dice.choice(list(self.open))
        left = self.open[number]
        room = self.ours.local_flow_control_window(number)
        size = min(left, room, self.dice.choice([1, 900, 16_384]))
        if size > 0:
            body, ends = memoryview(bytes(size)), size == left
            self.ours.write_body(number, body, ends=ends)
            self.plain.send_data(number, body, end_stream=ends)
            self._wrote(number, left - size)

    def _wrote(self, number: int, left: int) -> None:
        if left:
            self.open[number] = left
        else:
            del self.open[number]

    def answer(self) -> None:
        """Answer a request, with a body or without."""
        if self.waiting:
            number = self.waiting.pop(self.dice.randrange(len(self.waiting)))
            with_body = self.dice.random() < 0.5
            said = [(":status", "400" if with_body else "200")]
            self.server.send_headers(number, said, end_stream=not with_body)
            if with_body:
                self.server.send_data(number, b"{}", end_stream=True)

    def make_room(self) -> None:
        """Let the client send more."""
        for number in (None, *self.open):
            if self.dice.random() < 0.5 and (number is None or number in self.asked):
                self.server.increment_flow_control_window(5000, number)

    def give_up(self) -> None:
        """Reset a request that is not complete."""
        if self.open and self.dice.random() < 0.3:
            number = self.dice.choice(list(self.open))
            del self.open[number]
            for one in (self.ours, self.plain):
                one.reset_stream(number, ErrorCodes.CANCEL)


def known(one: ClientConnection) -> object:
    """What a connection knows of itself and of its streams."""
    streams = {
        number: (stream.state_machine.state, stream.outbound_flow_control_window)
        for number, stream in one.streams.items()
        if not stream.closed
    }
    return one.state_machine.state, one.outbound_flow_control_window, streams


@pytest.mark.parametrize("seed", range(8))
def test_whatever_comes_in_whatever_order_is_written_as_h2_writes_it(seed: int) -> None:
    twins = Twins(seed, window=4000)
    steps = (twins.begin, twins.write, twins.answer, twins.make_room, twins.give_up)
    for _ in range(300):
        twins.dice.choices(steps, weights=(3, 6, 2, 2, 1))[0]()
        twins.exchange()
    assert len(twins.asked) > 40
    assert all(sent == headers(number) for number, sent in twins.asked.items())


def test_headers_larger_than_a_frame_go_in_several() -> None:
    client = ClientConnection()
    server = H2Connection(H2Configuration(client_side=False))
    client.initiate_connection()
    server.initiate_connection()
    client.receive_data(server.data_to_send())
    client.open_stream(1, headers(1, extra=40_000))
    client.write_body(1, memoryview(b"{}"), ends=True)
    kinds = [type(one) for one in server.receive_data(client.data_to_send())]
    assert kinds[-3:] == [RequestReceived, DataReceived, StreamEnded]


def test_streams_that_ended_are_forgotten() -> None:
    twins = Twins(0)
    for _ in range(2 * FORGET_EVERY):
        twins.begin()
        while twins.open:
            twins.make_room()
            twins.exchange()
            twins.write()
        twins.exchange()
        twins.answer()
        twins.exchange()
    assert len(twins.ours.streams) <= FORGET_EVERY


def test_a_stream_that_is_over_takes_no_more() -> None:
    twins = Twins(0)
    twins.begin()
    for one in (twins.ours, twins.plain):
        one.reset_stream(1, ErrorCodes.CANCEL)
    with pytest.raises(ProtocolError):
        twins.ours.write_body(1, memoryview(b"{}"), ends=True)
