"""The inbox: every push that a stand-in accepted, and what the phone shows of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct, field

from geopush.sandbox.clock import Clock

Platform = Literal["ios", "android"]


class Extras(Struct, frozen=True):
    """What geopush put into a push for its SDK."""

    message_id: str | None = None
    url: str | None = None
    buttons: list[dict[str, str]] = []
    receipt_token: str | None = None


class Push(Struct, frozen=True, kw_only=True):
    """A push as a gateway hands it to a phone; without words it is silent."""

    address: str
    platform: Platform
    app: str
    collapse_id: str | None = None
    title: str | None = None
    body: str | None = None
    extras: Extras = Extras()


class Item(Struct, frozen=True, kw_only=True):
    """A push in the inbox."""

    message_id: str | None
    collapse_id: str | None
    title: str | None
    body: str | None
    url: str | None
    buttons: list[dict[str, str]]
    at: datetime
    repeat: bool


class PhoneView(Struct, frozen=True):
    """One phone: what it shows and all that arrived."""

    address: str
    platform: Platform
    app: str
    tray: list[Item]
    received: list[Item]


class _Phone(Struct):
    push: Push
    received: list[Item] = field(default_factory=list)
    tray: dict[str, Item] = field(default_factory=dict)


class Inbox:
    """What arrived on which phone."""

    def __init__(
        self, clock: Clock, heed: Callable[[Push], None] = lambda _: None
    ) -> None:
        """``heed`` is told of every push."""
        self._clock = clock
        self._heed = heed
        self._phones: dict[tuple[str, str, str], _Phone] = {}
        self._pushes: dict[str, Push] = {}
        self.taps: dict[str, set[str]] = {}

    def record(self, push: Push) -> Item:
        """Take a push in and let the phone show it."""
        item = self._item(push)
        key = (push.platform, push.app, push.address)
        phone = self._phones.setdefault(key, _Phone(push))
        phone.received.append(item)
        if push.title is not None or push.body is not None:
            _show(phone, item)
        self._heed(push)
        return item

    def phones(self) -> list[PhoneView]:
        """List the phones, the one first heard of first; the newest item is last."""
        return [_view(phone) for phone in self._phones.values()]

    def received(self) -> list[Item]:
        """List everything that arrived, phone by phone."""
        return [item for phone in self._phones.values() for item in phone.received]

    def clear(self) -> None:
        """Forget everything."""
        self._phones.clear()
        self._pushes.clear()
        self.taps.clear()

    def find(self, message_id: str) -> Push | None:
        """Return a push by the id of its message."""
        return self._pushes.get(message_id)

    def note_tap(self, message_id: str, button: str) -> None:
        """Remember that a button was tapped; the phone shows it."""
        self.taps.setdefault(message_id, set()).add(button)

    def _item(self, push: Push) -> Item:
        message_id = push.extras.message_id
        repeat = message_id in self._pushes
        if message_id is not None:
            self._pushes[message_id] = push
        return Item(
            message_id=message_id,
            collapse_id=push.collapse_id,
            title=push.title,
            body=push.body,
            url=push.extras.url,
            buttons=push.extras.buttons,
            at=self._clock(),
            repeat=repeat,
        )


def read_extras(value: object) -> Extras:
    """Read what geopush put into a payload; another sender's is no error."""
    try:
        return msgspec.convert(value, Extras)
    except msgspec.ValidationError:
        return Extras()


def _show(phone: _Phone, item: Item) -> None:
    """Put the item on top; one with the same collapse id makes way for it."""
    key = item.collapse_id
    place = f"collapse {key}" if key is not None else f"item {len(phone.received)}"
    phone.tray.pop(place, None)
    phone.tray[place] = item


def _view(phone: _Phone) -> PhoneView:
    push = phone.push
    return PhoneView(
        address=push.address,
        platform=push.platform,
        app=push.app,
        tray=list(phone.tray.values()),
        received=list(phone.received),
    )
