"""HTTP/2 as a client of Apple needs it: h2, with what costs or harms it put right."""

from h2.config import H2Configuration
from h2.connection import ConnectionInputs, H2Connection, H2ConnectionStateMachine
from h2.events import Event

from geopush.push.apns_headers import Packer

FORGET_EVERY = 128  # streams opened; h2 keeps those that have ended until it is asked


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

    @property
    def open_outbound_streams(self) -> int:
        """How many there are at least."""
        self._opened += 1
        if self._opened % FORGET_EVERY:
            return 0
        return super().open_outbound_streams
