"""How much a device may send: so much at once, and so much a minute from then on.

Time is an argument, in seconds of a clock that never jumps.
"""

from msgspec import Struct

# Who sent one ping owes for half a second by the usual quota, so no more of them are
# remembered than send something within that time.
FEWEST = 10_000  # devices before it is looked whom to forget
MOST = 250_000  # at most some 45 MB; beyond it all begin anew


class Quota(Struct, frozen=True):
    """So many at once, and so many a minute from then on."""

    per_minute: float = 120.0  # twice what a phone sends that pings every second
    burst: int = 10_000  # a week without a net, at a ping a minute


class Spent:
    """What devices have spent; who could spend a whole burst again is forgotten."""

    def __init__(self, quota: Quota) -> None:
        self._each = 60 / quota.per_minute
        self._most_owed = (quota.burst - 1) * self._each
        self._even_at: dict[str, float] = {}  # when a device owes nothing any more
        self._crowded = FEWEST

    def __len__(self) -> int:
        return len(self._even_at)

    def spend(self, device_id: str, now: float) -> float:
        """Spend one and return 0, or return in how many seconds there is one again."""
        even_at = self._even_at.get(device_id, now)
        if even_at < now:
            even_at = now
        elif (wait := even_at - now - self._most_owed) > 0:
            return wait
        if len(self._even_at) >= self._crowded:
            self._forget(now)
        self._even_at[device_id] = even_at + self._each
        return 0.0

    def owe(self, device_id: str, count: int) -> None:
        """Let who just spent one owe for more, even for more than there is."""
        self._even_at[device_id] += count * self._each

    def _forget(self, now: float) -> None:
        self._even_at = {one: at for one, at in self._even_at.items() if at > now}
        if 2 * len(self._even_at) > MOST:
            self._even_at.clear()
        # Twice as many as are left, so that each device is looked at but rarely.
        self._crowded = max(FEWEST, 2 * len(self._even_at))
