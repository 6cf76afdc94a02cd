"""The words of a message: filled in, in the right language, short enough to send."""

from enum import StrEnum, auto
from functools import lru_cache

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from geopush.core.condition import Values
from geopush.core.message import Button, Content
from geopush.core.offer import Offer
from geopush.core.phrase import Missing
from geopush.core.template import Template
from geopush.core.wording import Localised

# Both gateways take 4,096 bytes; ids, the receipt token and the frame need the rest.
MOST_BYTES = 3000
LONGEST_TITLE = 200
LONGEST_BODY = 1000
SHORTEST_BODY = 20
LONGEST_LABEL = 40
LONGEST_URL = 1000


class Obstacle(StrEnum):
    """Why words could not be made."""

    MISSING_VALUE = auto()
    TOO_LONG = auto()


class Unsayable(Struct, frozen=True):
    """A message that cannot be said: for want of a value, or for want of room."""

    reason: Obstacle
    field: str


def compose(
    offer: Offer,
    values: Values,
    language: str,
    default_language: str = "en",
    *,
    variant: str | None = None,
) -> Content | Unsayable:
    """Return the words of an offer for one customer, or why they cannot be said."""
    languages = _fallbacks(language, default_language)
    message = offer.wordings.get(variant or "", offer.message)
    texts = [message.title, message.body, *(one.text for one in message.buttons)]
    said = [_pick(text, languages).render(values) for text in texts]
    said.append("" if message.url is None else message.url.render(values))
    whole = [text for text in said if not isinstance(text, Missing)]
    if len(whole) < len(said):
        missing = next(text for text in said if isinstance(text, Missing))
        return Unsayable(Obstacle.MISSING_VALUE, missing.field)
    title, body, *labels, url = whole
    if len(url) > LONGEST_URL:
        return Unsayable(Obstacle.TOO_LONG, "url")
    buttons = zip(message.buttons, labels, strict=True)
    return _fit(
        Content(
            title=_shorten(title, LONGEST_TITLE),
            body=_shorten(body, LONGEST_BODY),
            url=url or None,
            image=message.image,
            buttons=tuple(
                Button(one.id, _shorten(label, LONGEST_LABEL)) for one, label in buttons
            ),
            data=message.data,
            ios=message.ios,
            android=message.android,
        )
    )


@lru_cache(maxsize=1_024)
def _fallbacks(language: str, default_language: str) -> tuple[str, ...]:
    """The customer's language, less and less exactly, and those most people read."""
    parts = language.lower().replace("_", "-").split("-")
    nearer = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return (*nearer, default_language.lower(), "en")


def _pick(texts: Localised, languages: tuple[str, ...]) -> Template:
    for language in languages:
        if language in texts:
            return texts[language]
    return next(iter(texts.values()))


def _shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _fit(content: Content) -> Content | Unsayable:
    """Take from the body until it all fits; a body of next to nothing says nothing."""
    over = _size(content) - MOST_BYTES
    while over > 0:
        # A character takes at most six bytes as JSON, and four of most scripts.
        length = min(len(content.body) - 1, len(content.body) - over // 6)
        if length < SHORTEST_BODY:
            return Unsayable(Obstacle.TOO_LONG, "body")
        content = replace(content, body=_shorten(content.body, length))
        over = _size(content) - MOST_BYTES
    return content


def _size(content: Content) -> int:
    """The bytes it takes on the platform where it takes more.

    Android gets url and buttons as JSON within a text of JSON, where each quote and
    backslash is escaped twice.
    """
    whole = msgspec.json.encode(content)
    inner = msgspec.json.encode([content.url, content.buttons])
    return len(whole) - len(inner) + len(msgspec.json.encode(inner.decode()))
