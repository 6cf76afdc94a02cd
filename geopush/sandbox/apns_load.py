"""Apple in a hurry: HTTP/2 read only as far as is needed to say 200 to a push.

Of the headers only apns-id is looked for, and its value given back as it came: nothing
is decoded, because a compressed text can be copied without being understood.
"""

import asyncio

HEADERS, SETTINGS, PING = 0x1, 0x4, 0x6
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
PREFACE = len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
STATIC_ENTRIES = 61  # of the table that HPACK begins with
KEPT = 4096 // 32  # entries at most in a dynamic table of the usual size
STREAMS = 1000
ROOM = 2**31 - 1 - 65_535  # what may be added to the usual window

# apns-id as HPACK writes it, plain and compressed
APNS_ID = {b"\x07apns-id", b"\x85\x1d\x75\x21\x63\x49"}
_GREETING = (
    b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03"
    + STREAMS.to_bytes(4, "big")
    + b"\x00\x00\x04\x08\x00\x00\x00\x00\x00"
    + ROOM.to_bytes(4, "big")
)


class LoadConnection(asyncio.Protocol):
    """One client's connection; answers come ``latency`` seconds late."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._waiting = b""
        self._begun = False
        self._names: list[bytes] = []  # of the dynamic table, the newest last
        self._ids: dict[int, bytes] = {}
        self._received = 0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport
            transport.write(_GREETING)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        data, at = self._waiting + data, 0
        if not self._begun:
            if len(data) < PREFACE:
                self._waiting = data
                return
            self._begun, at = True, PREFACE
        answers: list[bytes] = []
        while len(data) - at >= 9:
            end = at + 9 + int.from_bytes(data[at : at + 3], "big")
            if end > len(data):
                break
            self._take(data[at + 3], data[at + 4], data[at + 5 : end], answers)
            at = end
        self._waiting = data[at:]
        self._give_back(len(data), answers)
        self._answer(b"".join(answers))

    def _take(self, kind: int, flags: int, rest: bytes, answers: list[bytes]) -> None:
        stream_id = int.from_bytes(rest[:4], "big")
        if kind == HEADERS:
            self._ids[stream_id] = self._find_id(_block(rest[4:], flags))
        if kind <= HEADERS and flags & END_STREAM:
            value = self._ids.pop(stream_id, b"")
            # 200 is entry 8; the id is written out, to be remembered by nobody.
            block = b"\x88" + (b"\x00\x07apns-id" + value if value else b"")
            head = len(block).to_bytes(3, "big") + b"\x01\x05" + rest[:4]
            answers.append(head + block)
        elif kind == SETTINGS and not flags & ACK:
            answers.append(b"\x00\x00\x00\x04\x01\x00\x00\x00\x00")
        elif kind == PING and not flags & ACK:
            answers.append(b"\x00\x00\x08\x06\x01\x00\x00\x00\x00" + rest[4:])

    def _find_id(self, block: bytes) -> bytes:
        """Return the value of apns-id with its length, as it came."""
        found, at = b"", 0
        while at < len(block):
            first = block[at]
            if first & 0x80:  # all of it is in the table
                _, at = _number(block, at, 7)
                continue
            if first & 0xE0 == 0x20:  # another size of the table
                _, at = _number(block, at, 5)
                continue
            remembered = first & 0xC0 == 0x40
            index, at = _number(block, at, 6 if remembered else 4)
            name, at = self._name(block, at, index)
            value, at = _text(block, at)
            if remembered:
                self._remember(name)
            if name in APNS_ID:
                found = value
        return found

    def _name(self, block: bytes, at: int, index: int) -> tuple[bytes, int]:
        if index == 0:
            return _text(block, at)
        if index > STATIC_ENTRIES:
            return self._names[STATIC_ENTRIES - index], at
        return b"", at

    def _remember(self, name: bytes) -> None:
        self._names.append(name)
        if len(self._names) > 2 * KEPT:
            del self._names[:KEPT]

    def _give_back(self, received: int, answers: list[bytes]) -> None:
        """Let the client send as much again, now and then."""
        self._received += received
        if self._received > 2**30:
            room = self._received.to_bytes(4, "big")
            answers.append(b"\x00\x00\x04\x08\x00\x00\x00\x00\x00" + room)
            self._received = 0

    def _answer(self, answers: bytes) -> None:
        if not answers:
            return
        if self._latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._latency, self._write, answers)
        else:
            self._write(answers)

    def _write(self, answers: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answers)


def _block(payload: bytes, flags: int) -> bytes:
    padding = payload[0] if flags & PADDED else 0
    start = (1 if flags & PADDED else 0) + (5 if flags & PRIORITY else 0)
    return payload[start : len(payload) - padding]


def _number(block: bytes, at: int, bits: int) -> tuple[int, int]:
    most = (1 << bits) - 1
    number = block[at] & most
    at += 1
    if number < most:
        return number, at
    shift = 0
    while True:
        byte = block[at]
        at += 1
        number += (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return number, at


def _text(block: bytes, at: int) -> tuple[bytes, int]:
    """A text with its length in front, as it came, and where the next thing is."""
    length, begin = _number(block, at, 7)
    return block[at : begin + length], begin + length
