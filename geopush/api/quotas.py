"""The quota of each device at the door: what phones send is spent from it."""

import time
from collections.abc import Callable
from enum import StrEnum, auto
from math import ceil

from geopush.api.problems import ProblemException
from geopush.core.quota import Quota, Spent
from geopush.metrics import Metrics


class Sending(StrEnum):
    """What a phone spends its quota on."""

    PINGS = auto()
    RECEIPTS = auto()
    ME = auto()


class Quotas:
    """Lets a device send as much as its quota; of this process, and in memory alone."""

    def __init__(
        self,
        quota: Quota,
        metrics: Metrics,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """``ticks`` tells the time, in seconds that never jump."""
        self._spent = Spent(quota)
        self._metrics = metrics
        self._ticks = ticks

    def spend(self, device_id: str, what: Sending) -> None:
        """Let a request come in, before it is read; refuse one that is over quota."""
        wait = self._spent.spend(device_id, self._ticks())
        if wait:
            self._metrics.over_quota.labels(what).inc()
            raise _over(ceil(wait))

    def spend_more(self, device_id: str, count: int) -> None:
        """Count so many more that a request brought than the one it began with."""
        self._spent.owe(device_id, count)


def _over(wait: int) -> ProblemException:
    detail = f"This device sends more than its quota; come back in {wait} s."
    headers = {"Retry-After": str(wait)}
    return ProblemException("over_quota", 429, detail, headers=headers)
