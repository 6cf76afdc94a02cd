"""Headers packed for Apple: whatever is packed can be read, and repeats are short."""

import pytest
from hpack import Decoder
from hypothesis import given
from hypothesis import strategies as st

from geopush.push.apns_headers import Packer

Headers = list[tuple[bytes, bytes]]

FIRST: Headers = [
    (b":method", b"POST"),
    (b":scheme", b"https"),
    (b":authority", b"api.push.apple.com"),
    (b":path", b"/3/device/" + b"ab" * 32),
    (b"apns-topic", b"com.example.demo"),
    (b"apns-push-type", b"alert"),
    (b"apns-priority", b"10"),
    (b"authorization", b"bearer " + b"x" * 300),
]
NAMES = [name for name, _ in FIRST if name not in (b":method", b":scheme")]
SOME = st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=400)), max_size=12)


def read(decoder: Decoder, block: bytes) -> Headers:
    return [(bytes(name), bytes(value)) for name, value in decoder.decode(block, True)]


@given(st.lists(SOME, max_size=20))
def test_whatever_is_packed_can_be_read(blocks: list[Headers]) -> None:
    packer, decoder = Packer(), Decoder()
    for headers in blocks:
        assert read(decoder, packer.encode(headers)) == headers


def test_what_repeats_is_said_in_a_byte() -> None:
    packer = Packer()
    packer.encode(FIRST)
    again = packer.encode([one for one in FIRST if one[0] != b"authorization"])
    assert len(again) == 6 + len(b"xx/3/device/") + 64


@pytest.mark.parametrize("name", [b":path", b"authorization", b"apns-id"])
def test_what_apple_asks_not_to_index_is_not(name: bytes) -> None:
    packer = Packer()
    first = packer.encode([(name, b"x" * 90)])
    assert packer.encode([(name, b"x" * 90)]) == first


def test_a_server_that_remembers_less_is_told_everything() -> None:
    packer, decoder = Packer(), Decoder()
    read(decoder, packer.encode(FIRST))
    decoder.max_allowed_table_size = 0
    packer.header_table_size = 0
    for _ in "ab":
        assert read(decoder, packer.encode(FIRST)) == FIRST


def test_a_full_table_is_not_overfilled() -> None:
    packer, decoder = Packer(), Decoder()
    for number in range(100):
        headers = [(b"apns-topic", b"%d" % number * 40), *FIRST]
        assert read(decoder, packer.encode(headers)) == headers


def test_headers_given_as_text_are_the_same_headers() -> None:
    packer, decoder = Packer(), Decoder()
    texts = [(name.decode(), value.decode()) for name, value in FIRST]
    for headers in (FIRST, texts, FIRST, texts, [(b"apns-topic", b"other"), *texts]):
        said = packer.encode(headers)
        assert read(decoder, said)[-len(FIRST) :] == FIRST
