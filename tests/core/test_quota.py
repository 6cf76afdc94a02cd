"""A device may send so much at once, and so much a minute from then on."""

import random

import pytest

from geopush.core import quota as module
from geopush.core.quota import Quota, Spent

TWO_AT_ONCE = Quota(per_minute=60, burst=2)
Asked = tuple[float, int]


def waits(quota: Quota, asked: list[Asked]) -> list[float]:
    """How long each of these is told to wait: when it comes, and how much it brings."""
    spent, told = Spent(quota), []
    for now, count in asked:
        told.append(wait := spent.spend("phone", now))
        if not wait:
            spent.owe("phone", count - 1)
    return told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ([(0, 1), (0, 1), (0, 1)], [0, 0, 1]),
        ([(0, 1), (0, 1), (1, 1), (1, 1)], [0, 0, 0, 1]),
        ([(0, 1), (0, 1), (0.25, 1), (0.75, 1)], [0, 0, 0.75, 0.25]),
        ([(0, 1), (0, 1), (60, 1), (60, 1), (60, 1)], [0, 0, 0, 0, 1]),  # no more
        ([(0, 5), (0, 1), (3.5, 1), (4, 1)], [0, 4, 0.5, 0]),  # owes three
        ([(5, 1), (5, 1), (5, 1), (5, 1)], [0, 0, 1, 1]),  # asking costs nothing
    ],
)
def test_who_has_spent_it_all_waits_until_there_is_one_again(
    asked: list[Asked], told: list[float]
) -> None:
    assert waits(TWO_AT_ONCE, asked) == told


@pytest.mark.parametrize("seed", range(20))
def test_it_is_a_bucket_for_each_device_whoever_is_forgotten(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FEWEST", 4)
    rng = random.Random(seed)
    quota = Quota(per_minute=rng.choice([7.5, 60, 240]), burst=rng.choice([1, 3, 10]))
    spent, now = Spent(quota), 0.0
    buckets: dict[str, tuple[float, float]] = {}  # what is in it, and since when
    for _ in range(500):
        now += rng.choice([0, 0.25, 1, 16])
        device = f"phone-{rng.randrange(12)}"
        full, since = buckets.get(device, (quota.burst, now))
        full = min(quota.burst, full + (now - since) * quota.per_minute / 60)
        wait = spent.spend(device, now)
        assert wait == max(0, (1 - full) * 60 / quota.per_minute)
        if not wait:
            full -= (count := rng.choice([1, 1, 1, 5]))
            spent.owe(device, count - 1)
        buckets[device] = (full, now)


def test_who_owes_nothing_any_more_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FEWEST", 10)
    spent = Spent(TWO_AT_ONCE)
    for number in range(1_000):
        spent.spend(f"phone-{number}", now=number)
    assert len(spent) <= 10


def test_no_crowd_takes_more_memory_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FEWEST", 10)
    monkeypatch.setattr(module, "MOST", 100)
    spent = Spent(TWO_AT_ONCE)
    most = 0
    for number in range(1_000):
        assert spent.spend(f"phone-{number}", now=0) == 0
        most = max(most, len(spent))
    assert 50 < most <= 100
