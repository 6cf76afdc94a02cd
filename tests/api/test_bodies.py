"""Bodies: whatever is sent, it costs little and is answered with what is wrong."""

import gzip
import zlib

import httpx
import pytest

from geopush.api.packing import unpack
from geopush.api.problems import ProblemException
from geopush.core.access import Role
from tests.api.conftest import Door

W = Role.WEATHER
JSON = {"Content-Type": "application/json"}


async def send(api: Door, body: bytes, **headers: str) -> httpx.Response:
    """Post bytes as observations."""
    return await api.ask(
        "POST", "/v1/weather", W, content=body, headers={**JSON, **headers}
    )


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"", "unreadable", "$"),
        (b"{", "unreadable", "$"),
        (b"\xff\xfe{}", "unreadable", "$"),
        (b'{"observations": [NaN]}', "unreadable", "$"),
        (b"[" * 100_000 + b"]" * 100_000, "unreadable", "$"),
        (b'{"observations": 1, ', "unreadable", "$"),
        (b"[]", "invalid_body", "$"),
        (b"{}", "invalid_body", "$.observations"),
        (b'{"observations": 1}', "invalid_body", "$.observations"),
        (b'{"observations": [], "more": 1}', "invalid_body", "$.more"),
    ],
)
async def test_a_body_that_does_not_fit_is_named_with_its_place(
    api: Door, body: bytes, code: str, path: str
) -> None:
    answer = await send(api, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["problems"][0]["path"] == path


async def test_all_that_does_not_fit_is_named_at_once(api: Door) -> None:
    body = {"role": "king", "name": 7, "colour": "red"}
    answer = await api.ask("POST", "/v1/keys", Role.OPERATOR, json=body)
    assert answer.status_code == 400
    paths = {one["path"] for one in answer.json()["problems"]}
    assert paths == {"$.role", "$.name", "$.colour"}


async def test_a_body_of_another_type_is_refused(api: Door) -> None:
    answer = await send(api, b"{}", **{"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (
        415,
        "unsupported_media_type",
    )


async def test_a_large_body_is_refused(api: Door) -> None:
    answer = await send(api, b" " * 2_000_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_gzip_is_taken(api: Door) -> None:
    answer = await send(
        api,
        gzip.compress(b'{"observations": []}', mtime=0),
        **{"Content-Encoding": "gzip"},
    )
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)


async def test_a_gzip_bomb_is_refused(api: Door) -> None:
    bomb = gzip.compress(b" " * 50_000_000, mtime=0)
    assert len(bomb) < 100_000
    answer = await send(api, bomb, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"no gzip", "gzip", 400),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", 400),
        (gzip.compress(b"{}", mtime=0) + b"more", "gzip", 400),
        (zlib.compress(b"{}"), "deflate", 415),
        (b"{}", "br", 415),
    ],
)
def test_what_cannot_be_unpacked_is_refused(
    body: bytes, encoding: str, status: int
) -> None:
    with pytest.raises(ProblemException) as refused:
        unpack(body, encoding, 1000)
    assert refused.value.status_code == status


def test_the_limit_counts_what_a_body_unpacks_to() -> None:
    packed = gzip.compress(b" " * 1000, mtime=0)
    assert unpack(packed, "gzip", 1000) == b" " * 1000
    with pytest.raises(ProblemException) as refused:
        unpack(packed, "gzip", 999)
    assert refused.value.status_code == 413
