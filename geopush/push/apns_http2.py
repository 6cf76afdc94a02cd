"""HTTP/2 as a client of Apple needs it: h2, with what costs or harms it put right.

Requests are what an offer of our own costs most, so they are written here, into the
state that h2 keeps; ``tests/push/test_apns_http2.py`` has h2's own way as the twin.
"""

from h2.config import H2Configuration
from h2.connection import (
    AllowedStreamIDs,
    ConnectionInputs,
    H2Connection,
    H2ConnectionStateMachine,
)
from h2.events import Event
from h2.stream import StreamInputs

from geopush.push.apns_headers import Packer

FORGET_EVERY = 128  # streams opened; h2 keeps those that have ended until it is asked

_DATA, _HEADERS, _CONTINUATION = 0x0, 0x1, 0x9
_END_STREAM, _END_HEADERS = 0x1, 0x4


class _Draining(H2ConnectionStateMachine):
    """Hears on after a GOAWAY, where h2 would not: the streams it spares still end."""

    def process_input(self, input_: ConnectionInputs) -> list[Event]:
        before = self.state
        events = super().process_input(input_)
        if input_ is ConnectionInputs.RECV_GOAWAY:
            self.state = before
        return events


class ClientConnection(H2Connection):
    """A connection that counts its streams now and then, not at every request.

    The sender keeps its own count. Our headers are right by how they are made, and of
    an answer's only three are looked at, so h2 need not check either.
    """

    def __init__(self) -> None:
        super().__init__(
            H2Configuration(
                client_side=True,
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
                validate_inbound_headers=False,
            )
        )
        self.state_machine = _Draining()
        self.encoder = Packer()
        self._opened = 0

    def open_stream(self, stream_id: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Begin a POST, as ``send_headers`` would; there must be a stream left."""
        self.state_machine.process_input(ConnectionInputs.SEND_HEADERS)
        stream = self._begin_new_stream(stream_id, AllowedStreamIDs.ODD)
        stream.state_machine.process_input(StreamInputs.SEND_HEADERS)
        stream.request_method = b"POST"
        self._write_headers(stream_id, self.encoder.encode(headers))
        self._opened += 1
        if self._opened % FORGET_EVERY == 0:
            self._open_streams(1)

    def write_body(self, stream_id: int, data: memoryview, *, ends: bool) -> None:
        """Send a piece, as ``send_data`` would; windows and frames must have room."""
        self.state_machine.process_input(ConnectionInputs.SEND_DATA)
        stream = self._get_stream_by_id(stream_id)
        stream.state_machine.process_input(StreamInputs.SEND_DATA)
        if ends:
            stream.state_machine.process_input(StreamInputs.SEND_END_STREAM)
        self._write(_DATA, _END_STREAM if ends else 0, stream_id, data)
        self.outbound_flow_control_window -= len(data)
        stream.outbound_flow_control_window -= len(data)

    def _write_headers(self, stream_id: int, block: bytes) -> None:
        most, kind = self.max_outbound_frame_size, _HEADERS
        while len(block) > most:
            self._write(kind, 0, stream_id, block[:most])
            block, kind = block[most:], _CONTINUATION
        self._write(kind, _END_HEADERS, stream_id, block)

    def _write(
        self, kind: int, flags: int, stream_id: int, data: bytes | memoryview
    ) -> None:
        head = len(data) << 48 | kind << 40 | flags << 32 | stream_id
        self._data_to_send += head.to_bytes(9, "big")
        self._data_to_send += data
