"""What a batch came to, as one number: the same input gives the same digest."""

import hashlib
from collections.abc import Iterable

import msgspec

from geopush.core.change import Decided, Happened, NewMessage
from geopush.core.presence import Transition

Told = Happened | Transition | Decided | NewMessage

_encoder = msgspec.json.Encoder()


class Digest:
    """Adds up what happened and what was decided, byte for byte, in its order."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()

    def add(self, told: Iterable[Told]) -> None:
        """Add what comes next in the stream."""
        for one in told:
            self._sum.update(_encoder.encode(one))
            self._sum.update(b"\n")

    def text(self) -> str:
        """Return the digest of all that was added."""
        return f"sha256:{self._sum.hexdigest()}"
