"""Receipts by themselves: at given rates, the same with the same seed."""

from collections import Counter

import httpx
import pytest

from geopush.sandbox.clock import SteppedClock
from geopush.sandbox.inbox import Extras, Push
from geopush.sandbox.reporter import Rates, Reporter
from tests.sandbox.build import NOON, Stage
from tests.sandbox.listener import Listener

BUTTONS = [{"id": "yes", "text": "Yes"}, {"id": "no", "text": "No"}]
HALF = Rates(delivered=0.5, opened=0.5, clicked=0.5, dismissed=0.5, answered=0.5)


def push(number: int) -> Push:
    extras = Extras(f"m-{number}", None, BUTTONS, f"gp_rt_{number}")
    return Push(address="phone", platform="ios", app="demo", title="x", extras=extras)


def kinds(reporter: Reporter, count: int = 1000) -> list[list[str]]:
    return [[one.kind for one in reporter.receipts(push(n))] for n in range(count)]


def reporter(rates: Rates, seed: int = 0) -> Reporter:
    made = Reporter(SteppedClock(NOON), seed)
    made.rates = rates
    return made


def test_nobody_reports_unless_told_to() -> None:
    assert kinds(reporter(Rates())) == [[]] * 1000


def test_each_kind_has_its_share_of_those_who_can() -> None:
    said = Counter(kind for one in kinds(reporter(HALF), 4000) for kind in one)
    assert 1900 < said["delivered"] < 2100
    assert 900 < said["opened"] < 1100
    assert 400 < said["clicked"] < 600
    assert 400 < said["dismissed"] < 600
    assert 900 < said["answered"] < 1100


def test_nothing_is_opened_that_was_not_delivered_nor_dismissed_once_opened() -> None:
    for said in kinds(reporter(HALF)):
        assert said == [] or said[0] == "delivered"
        assert not {"opened", "dismissed"} <= set(said)


def test_the_same_seed_says_the_same_and_another_does_not() -> None:
    assert kinds(reporter(HALF, 7)) == kinds(reporter(HALF, 7))
    assert kinds(reporter(HALF, 7)) != kinds(reporter(HALF, 8))


def test_an_answer_names_one_of_the_buttons() -> None:
    said = [
        one.button
        for n in range(200)
        for one in reporter(Rates(delivered=1, answered=1)).receipts(push(n))
        if one.kind == "answered"
    ]
    assert len(said) == 200
    assert set(said) == {"yes", "no"}


async def report(stage: Stage, client: httpx.AsyncClient, base_url: str) -> None:
    """Let phones report, and one push arrive."""
    body = {"rates": {"delivered": 1}, "base_url": base_url}
    url = f"{stage.sandbox.inbox_url}/receipts"
    assert (await client.put(url, json=body)).status_code == 200
    stage.sandbox.inbox.record(push(1))
    await stage.sandbox.reporter.drain()


async def test_receipts_are_posted_with_the_token_of_the_message(
    stage: Stage, client: httpx.AsyncClient, listener: Listener
) -> None:
    await report(stage, client, listener.url)
    said = {"message_id": "m-1", "kind": "delivered", "at": "2026-07-01T12:00:00Z"}
    assert listener.told == [("Bearer gp_rt_1", {"receipts": [said]})]


@pytest.mark.parametrize(("status", "reported", "failed"), [(202, 1, 0), (500, 0, 1)])
async def test_what_became_of_them_is_counted(
    stage: Stage,
    client: httpx.AsyncClient,
    listener: Listener,
    status: int,
    reported: int,
    failed: int,
) -> None:
    listener.status = status
    await report(stage, client, listener.url)
    answer = (await client.get(f"{stage.sandbox.inbox_url}/receipts")).json()
    assert (answer["reported"], answer["failed"]) == (reported, failed)


async def test_a_geopush_that_is_away_is_counted_too(
    stage: Stage, client: httpx.AsyncClient, unused_tcp_port: int
) -> None:
    await report(stage, client, f"http://127.0.0.1:{unused_tcp_port}")
    assert stage.sandbox.reporter.count.failed == 1


async def test_a_push_of_another_sender_is_not_reported(
    stage: Stage, client: httpx.AsyncClient, listener: Listener
) -> None:
    await report(stage, client, listener.url)
    plain = Push(address="phone", platform="ios", app="demo", title="x")
    stage.sandbox.inbox.record(plain)
    await stage.sandbox.reporter.drain()
    assert len(listener.told) == 1
