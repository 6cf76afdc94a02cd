"""The connection to Apple: streams, windows, farewells, and what a drop leaves."""

import asyncio
import json
import logging
import ssl
from urllib.parse import urlsplit

import httpx
import pytest
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, StreamEnded, StreamReset

from geopush.sandbox.rules import Gateway, Rule
from tests.sandbox.build import PHONE, Stage, payload
from tests.sandbox.h2_client import H2Client
from tests.waiting import PATIENCE

PATH = f"/3/device/{PHONE}"
GOOD = json.dumps(payload()).encode()
FLOWED_OVER = json.dumps({"aps": {}, "pad": "x" * 200_000}).encode()


@pytest.fixture
async def connection(stage: Stage, trust: ssl.SSLContext) -> H2Client:
    return await H2Client.connect(stage.sandbox.apns_url, trust)


async def ask(
    stage: Stage,
    connection: H2Client,
    *bodies: bytes | None,
    path: str = PATH,
    **headers: str | None,
) -> list[int]:
    """Send requests together, in one piece."""
    names = stage.headers(apns_id=None, **headers)
    streams = [connection.ask(path, names, body) for body in bodies]
    await connection.flush()
    return streams


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


async def test_one_stream_is_allowed_until_the_first_valid_token(
    stage: Stage, connection: H2Client
) -> None:
    await connection.streams_allowed(1)
    refused = await ask(stage, connection, GOOD, authorization="bearer wrong")
    assert await connection.answers(*refused) == [403]
    taken = await ask(stage, connection, GOOD)
    assert await connection.answers(*taken) == [200]
    await connection.streams_allowed(1000)
    await connection.close()


async def test_a_second_stream_before_trust_is_refused_and_harms_no_other(
    stage: Stage, connection: H2Client
) -> None:
    first, second = await ask(stage, connection, None, None, authorization="bearer no")
    reset = await connection.hear(StreamReset)
    assert (reset.stream_id, reset.error_code) == (second, ErrorCodes.REFUSED_STREAM)
    connection.conn.end_stream(first)
    await connection.flush()
    assert await connection.answers(first) == [403]
    await connection.close()


async def test_a_valid_token_lets_all_that_come_with_it_in(
    stage: Stage, connection: H2Client
) -> None:
    streams = await ask(stage, connection, *[GOOD] * 50)
    assert await connection.answers(*streams) == [200] * 50
    await connection.close()


async def test_a_stream_given_up_makes_room_for_another(
    stage: Stage, connection: H2Client
) -> None:
    (given_up,) = await ask(stage, connection, None, authorization="bearer no")
    connection.conn.reset_stream(given_up)
    (after,) = await ask(stage, connection, GOOD, authorization="bearer no")
    assert await connection.answers(after) == [403]
    await connection.close()


async def test_a_body_larger_than_the_window_flows_in(
    stage: Stage, connection: H2Client
) -> None:
    (stream,) = await ask(stage, connection, None)
    await connection.send_body(stream, FLOWED_OVER)
    assert await connection.answer(stream) == (413, b'{"reason": "PayloadTooLarge"}')
    await connection.close()


async def test_an_answer_waits_for_room_in_the_window(
    stage: Stage, trust: ssl.SSLContext
) -> None:
    connection = await H2Client.connect(stage.sandbox.apns_url, trust, window=10)
    (stream,) = await ask(stage, connection, b"")
    await connection.hear(DataReceived)
    assert [event.data for event in connection.data()] == [b'{"reason":']
    connection.conn.increment_flow_control_window(100, stream)
    await connection.flush()
    assert await connection.answer(stream) == (400, b'{"reason": "PayloadEmpty"}')
    await connection.close()


async def test_after_goodbye_what_was_taken_is_finished_and_the_rest_is_not_begun(
    stage: Stage, connection: H2Client
) -> None:
    stage.sandbox.rules.add([Rule(Gateway.APNS, goaway_every=2)])
    streams = await ask(stage, connection, GOOD, GOOD, GOOD)
    goodbye = await connection.hear(ConnectionTerminated)
    assert goodbye.error_code is ErrorCodes.NO_ERROR
    assert goodbye.last_stream_id == streams[1]
    assert json.loads(goodbye.additional_data or b"") == {"reason": "Shutdown"}
    await connection.until_closed()
    assert len(stage.sandbox.inbox.received()) == 2


async def test_goodbye_names_the_newest_request_taken_though_an_older_came_last(
    stage: Stage, connection: H2Client
) -> None:
    older, newer = await ask(stage, connection, None, GOOD)
    await connection.answer(newer)
    stage.sandbox.rules.add([Rule(Gateway.APNS, goaway_every=1)])
    await connection.send_body(older, GOOD)
    goodbye = await connection.hear(ConnectionTerminated)
    assert goodbye.last_stream_id == newer


async def test_after_goodbye_a_request_still_coming_in_is_not_waited_for(
    stage: Stage, connection: H2Client
) -> None:
    stage.sandbox.rules.add([Rule(Gateway.APNS, goaway_every=1)])
    older, _ = await ask(stage, connection, None, None)
    await connection.streams_allowed(1000)
    await connection.send_body(older, GOOD)
    await connection.until_closed()
    assert len(stage.sandbox.inbox.received()) == 1


async def test_who_says_goodbye_is_hung_up_on(
    stage: Stage, connection: H2Client
) -> None:
    await connection.streams_allowed(1)
    await connection.say_goodbye()
    await connection.until_closed()


async def test_after_goodbye_a_late_answer_still_comes(
    stage: Stage, connection: H2Client
) -> None:
    stage.sandbox.rules.add([Rule(Gateway.APNS, goaway_every=1, latency_ms=50)])
    (stream,) = await ask(stage, connection, GOOD)
    await connection.hear(ConnectionTerminated)
    assert await connection.answers(stream) == [200]
    await connection.until_closed()


async def test_a_late_answer_holds_up_no_other(
    stage: Stage, connection: H2Client
) -> None:
    stage.sandbox.rules.add([Rule(Gateway.APNS, latency_ms=50, address=PHONE)])
    (slow,) = await ask(stage, connection, GOOD)
    (fast,) = await ask(stage, connection, GOOD, path=f"/3/device/{'cd' * 32}")
    await connection.answers(slow, fast)
    ended = [e.stream_id for e in connection.events if isinstance(e, StreamEnded)]
    assert ended == [fast, slow]
    await connection.close()


async def test_who_hangs_up_before_a_late_answer_harms_nobody(
    stage: Stage,
    connection: H2Client,
    client: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage.sandbox.rules.add([Rule(Gateway.APNS, latency_ms=50)])
    await ask(stage, connection, GOOD)
    await connection.streams_allowed(1000)
    await connection.say_goodbye()
    await connection.until_closed()
    url = f"{stage.sandbox.apns_url}{PATH}"
    response = await client.post(url, headers=stage.headers(), content=GOOD)
    assert response.status_code == 200
    assert errors(caplog) == []


async def test_a_dropped_connection_says_not_whether_the_push_was_taken(
    stage: Stage, trust: ssl.SSLContext
) -> None:
    stage.sandbox.rules.add([Rule(Gateway.APNS, drop_share=1.0)])
    for _ in range(8):
        connection = await H2Client.connect(stage.sandbox.apns_url, trust)
        await ask(stage, connection, GOOD)
        await connection.until_closed()
        assert connection.data() == []
    assert 0 < len(stage.sandbox.inbox.received()) < 8


async def test_an_answer_broken_off_spares_the_connection(
    stage: Stage, connection: H2Client
) -> None:
    rule = Rule(Gateway.APNS, reset_share=1.0, address="cd" * 32)
    stage.sandbox.rules.add([rule])
    (stream,) = await ask(stage, connection, GOOD, path=f"/3/device/{'cd' * 32}")
    reset = await connection.hear(StreamReset)
    assert (reset.stream_id, reset.error_code) == (stream, ErrorCodes.INTERNAL_ERROR)
    after = await ask(stage, connection, GOOD)
    assert await connection.answers(*after) == [200]
    await connection.close()


async def test_who_gets_no_answer_holds_up_no_other(
    stage: Stage, connection: H2Client
) -> None:
    rule = Rule(Gateway.APNS, hang_share=1.0, address="cd" * 32)
    stage.sandbox.rules.add([rule])
    await ask(stage, connection, GOOD, path=f"/3/device/{'cd' * 32}")
    after = await ask(stage, connection, GOOD)
    assert await connection.answers(*after) == [200]
    await connection.close()


async def test_a_body_can_come_in_pieces(stage: Stage, connection: H2Client) -> None:
    stage.sandbox.rules.add([Rule(Gateway.APNS, status=400, split_body=True)])
    refused = await ask(stage, connection, GOOD)
    assert await connection.answers(*refused) == [400]
    pieces = [data.data for data in connection.data() if data.data]
    assert len(pieces) == 2
    assert json.loads(b"".join(pieces)) == {"reason": "BadDeviceToken"}
    await connection.close()


async def test_beyond_its_quota_apple_says_when_to_come_back(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    stage.sandbox.rules.add([Rule(Gateway.APNS, quota_per_minute=1)])
    url = f"{stage.sandbox.apns_url}{PATH}"
    for status in (200, 429):
        response = await client.post(url, headers=stage.headers(), content=GOOD)
        assert response.status_code == status
    assert response.headers["retry-after"] == "60"


async def test_a_request_given_up_in_the_bytes_that_asked_harms_no_other(
    stage: Stage, connection: H2Client
) -> None:
    names = stage.headers(apns_id=None)
    given_up = connection.ask(PATH, names, GOOD)
    connection.conn.reset_stream(given_up)
    after = connection.ask(PATH, names, GOOD)
    await connection.flush()
    assert await connection.answers(after) == [200]
    await connection.close()


async def test_who_does_not_speak_http_2_is_cut_off(
    stage: Stage, trust: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    place = urlsplit(stage.sandbox.apns_url)
    reader, writer = await asyncio.open_connection(
        place.hostname, place.port, ssl=trust
    )
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        await reader.read()
    assert reader.at_eof()
    assert errors(caplog) == []
    writer.close()
