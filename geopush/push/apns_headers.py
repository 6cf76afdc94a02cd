"""Headers of requests to Apple, packed (HPACK): what repeats is said once.

h2's own packer compresses each text letter by letter, in Python, and the token anew
with every request: more than all the rest of a send takes. Here what differs from push
to push is written out, so it never drives what repeats out of Apple's table either.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from hpack import Encoder, HeaderTuple

STATIC_ENTRIES = 61  # of the table that every connection begins with
USUAL_TABLE = 4096  # bytes
OVERHEAD = 32  # bytes that each entry counts beside its texts
EMPTY_THE_TABLE = b"\x20"

Words = bytes | str

_IN_STATIC_TABLE: Mapping[tuple[Words, Words], bytes] = MappingProxyType(
    {(b":method", b"POST"): b"\x83", (b":scheme", b"https"): b"\x87"}
)
_PATH = b":path"
_NAMED_PATH = b"\x04"  # its name is in the table, its value follows
# Apple's documents ask not to index paths, tokens, ids and expirations.
_REPEATED = {b":authority", b"apns-topic", b"apns-push-type", b"apns-priority"}


Given = (
    Iterable[HeaderTuple | tuple[Words, Words] | tuple[Words, Words, bool | None]]
    | dict[Words, Words]
)


class Packer(Encoder):
    """Packs the headers of one connection."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[Words, Words], int] = {}
        self._short = dict(_IN_STATIC_TABLE)
        self._room = USUAL_TABLE
        self._notice = b""

    @property
    def header_table_size(self) -> int:
        """How many bytes the other side remembers; it may not take back a part."""
        return USUAL_TABLE

    @header_table_size.setter
    def header_table_size(self, value: int) -> None:
        if value < USUAL_TABLE:
            self._known.clear()
            self._short = dict(_IN_STATIC_TABLE)
            self._room = 0
            self._notice = EMPTY_THE_TABLE

    def encode(self, headers: Given, huffman: bool = True) -> bytes:
        """Return the block of one request; ``huffman`` makes no difference."""
        pieces = [self._notice]
        self._notice = b""
        for header in headers.items() if isinstance(headers, dict) else headers:
            name, value = header[0], header[1]
            short = self._short.get((name, value))
            pieces.append(short or self._pack(_as_bytes(name), _as_bytes(value)))
        return b"".join(pieces)

    def _pack(self, name: bytes, value: bytes) -> bytes:
        if name == _PATH:
            return _NAMED_PATH + _text(value)
        if name not in _REPEATED:
            return b"\x00" + _name(name) + _text(value)
        if (name, value) in self._known:  # given as text
            return self._short[name, value]
        size = len(name) + len(value) + OVERHEAD
        if size > self._room:
            return b"\x00" + _name(name) + _text(value)
        self._room -= size
        self._remember(name, value)
        return b"\x40" + _name(name) + _text(value)

    def _remember(self, name: bytes, value: bytes) -> None:
        self._known[name, value] = len(self._known)
        for header, place in self._known.items():  # the newest has the lowest number
            newer = len(self._known) - 1 - place
            self._short[header] = _number(STATIC_ENTRIES + 1 + newer, 7, 0x80)


@lru_cache(maxsize=64)
def _name(name: bytes) -> bytes:
    return _text(name)


def _as_bytes(words: Words) -> bytes:
    return words if isinstance(words, bytes) else words.encode()


def _text(text: bytes) -> bytes:
    return _number(len(text), 7, 0) + text


def _number(number: int, bits: int, marks: int) -> bytes:
    most = (1 << bits) - 1
    if number < most:
        return bytes((marks | number,))
    packed = bytearray((marks | most,))
    number -= most
    while number >= 0x80:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)
    return bytes(packed)
