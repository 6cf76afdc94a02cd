"""The words of an offer, per language, ready to be filled in."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from geopush.core.message import Scalar
from geopush.core.overrides import AndroidDocument, IosDocument, check_ios, flat
from geopush.core.shape import Word, piece
from geopush.core.template import Template, parse_address, parse_template
from zones import Problem

MOST_EXTRA_BYTES = 1500  # of the 4,096 that both gateways take; the words need the rest
DEFAULT_TTL = 3600
MOST_LANGUAGES = 32
MOST_BUTTONS = 4

Source = Annotated[str, Meta(min_length=1, max_length=2048, pattern=r"^[^\x00]*\Z")]
Language = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}\Z",
        description='a language such as "en" or "pt-BR"',
    ),
]
Texts = Annotated[dict[Language, Source], Meta(min_length=1, max_length=MOST_LANGUAGES)]
Image = Annotated[
    str,
    Meta(
        pattern=r"^https://[^\s\x00]+\Z",
        max_length=1024,
        description='an address that begins with "https://"',
    ),
]

Localised = Mapping[str, Template]  # by language, in lower case

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NO_SCHEMES = ("javascript:", "data:", "vbscript:", "file:")
# Named by the gateways or by geopush itself.
_RESERVED = re.compile(
    r"(aps|geopush|from|notification|message_type|collapse_key|google.*|gcm.*)\Z"
)


class ButtonDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """A button as its author wrote it."""

    id: Word
    text: Texts


Buttons = Annotated[tuple[ButtonDocument, ...], Meta(max_length=MOST_BUTTONS)]


class MessagePatch(Struct, frozen=True, forbid_unknown_fields=True):
    """What a variant says differently."""

    title: Texts | None = None
    body: Texts | None = None
    url: Source | None = None
    image: Image | None = None
    buttons: Buttons = ()
    data: Annotated[dict[Word, Source], Meta(max_length=16)] = {}
    ios: IosDocument = IosDocument()
    android: AndroidDocument = AndroidDocument()


class MessageDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """The words of an offer as their author wrote them."""

    title: Texts
    body: Texts
    url: Source | None = None
    image: Image | None = None
    buttons: Buttons = ()
    data: Annotated[dict[Word, Source], Meta(max_length=16)] = {}
    ios: IosDocument = IosDocument()
    android: AndroidDocument = AndroidDocument()
    ttl_seconds: Annotated[int, Meta(ge=60, le=2_419_200)] = DEFAULT_TTL
    inbox: bool = True


class ButtonTemplate(Struct, frozen=True):
    """A button whose text can be filled in."""

    id: str
    text: Localised


class MessageTemplate(Struct, frozen=True):
    """The words of an offer, ready to be filled in."""

    title: Localised
    body: Localised
    url: Template | None
    image: str | None
    buttons: tuple[ButtonTemplate, ...]
    data: dict[str, str]
    ios: dict[str, Scalar]
    android: dict[str, Scalar]
    ttl: timedelta
    inbox: bool


def read_message(
    raw: object, path: str, problems: list[Problem]
) -> MessageTemplate | None:
    """Return the words of an offer, or None with what is impossible noted."""
    before = len(problems)
    title, body, url, buttons = _words(raw, path, problems)
    document = piece({"message": raw}, "message", MessageDocument)
    if document is None or len(problems) > before:
        return None
    return MessageTemplate(
        title=title,
        body=body,
        url=url,
        image=document.image,
        buttons=buttons,
        data=document.data,
        ios=flat(document.ios),
        android=flat(document.android),
        ttl=timedelta(seconds=document.ttl_seconds),
        inbox=document.inbox,
    )


def read_wordings(
    tree: dict[str, object], problems: list[Problem]
) -> dict[str, MessageTemplate]:
    """Return what variants of an offer say; each by itself was looked at before."""
    raw = tree.get("experiment")
    variants = raw.get("variants") if isinstance(raw, dict) else None
    if problems or not isinstance(variants, list):
        return {}
    said = {}
    for index, one in enumerate(variants):
        if one.get("message"):
            path = f"$.experiment.variants[{index}].message"
            whole = _patched(tree.get("message"), one["message"])
            message = read_message(whole, path, problems)
            if message is not None:
                said[one["id"]] = message
    return said


def _patched(raw: object, patch: object) -> object:
    """Return a message as a variant says it; texts differ language by language."""
    if not isinstance(raw, dict) or not isinstance(patch, dict):
        return raw
    said = {**raw, **patch}
    for name in ("title", "body", "data", "ios", "android"):
        before, after = raw.get(name), patch.get(name)
        if isinstance(before, dict) and isinstance(after, dict):
            said[name] = {**before, **after}
    return said


def check_patch(raw: object, path: str, problems: list[Problem]) -> None:
    """Note what is impossible in what a variant says differently."""
    _words(raw, path, problems)


_Words = tuple[Localised, Localised, Template | None, tuple[ButtonTemplate, ...]]


def _words(raw: object, path: str, problems: list[Problem]) -> _Words:
    title = piece(raw, "title", dict[str, str]) or {}
    body = piece(raw, "body", dict[str, str]) or {}
    buttons = piece(raw, "buttons", tuple[ButtonDocument, ...]) or ()
    _check_extras(raw, path, problems)
    return (
        _localised(title, f"{path}.title", problems),
        _localised(body, f"{path}.body", problems),
        _url(piece(raw, "url", str), f"{path}.url", problems),
        _buttons(buttons, f"{path}.buttons", problems),
    )


def _localised(texts: dict[str, str], path: str, problems: list[Problem]) -> Localised:
    read = {
        language.lower().replace("_", "-"): parse_template(
            source, f"{path}.{language}", problems
        )
        for language, source in list(texts.items())[:MOST_LANGUAGES]
    }
    return {language: one for language, one in read.items() if one is not None}


def _url(source: str | None, path: str, problems: list[Problem]) -> Template | None:
    if source is None:
        return None
    scheme = _SCHEME.match(source)
    if scheme is None or scheme.group().lower() in _NO_SCHEMES:
        text = 'must begin with its scheme, such as "https://" or that of your app'
        problems.append(Problem(path, "unsafe_url", text))
    return parse_address(source, path, problems)


def _buttons(
    documents: tuple[ButtonDocument, ...], path: str, problems: list[Problem]
) -> tuple[ButtonTemplate, ...]:
    ids = [one.id for one in documents]
    for index, name in enumerate(ids):
        if name in ids[:index]:
            text = f'"{name}" is there twice; each button needs its own id'
            place = f"{path}[{index}].id"
            problems.append(Problem(place, "duplicate_id", text))
    return tuple(
        ButtonTemplate(one.id, _localised(one.text, f"{path}[{index}].text", problems))
        for index, one in enumerate(documents[:MOST_BUTTONS])
    )


def _check_extras(raw: object, path: str, problems: list[Problem]) -> None:
    data = piece(raw, "data", dict[str, str]) or {}
    for key in data:
        if _RESERVED.match(key):
            text = f'"{key[:100]}" is taken by the gateways or by geopush'
            problems.append(Problem(f"{path}.data.{key[:100]}", "reserved_key", text))
    check_ios(raw, f"{path}.ios", problems)
    plain = dict[str, Scalar]
    extras = (
        data,
        piece(raw, "buttons", tuple[ButtonDocument, ...]),
        piece(raw, "ios", plain),
        piece(raw, "android", plain),
        piece(raw, "image", str),
    )
    size = len(msgspec.json.encode(extras))
    if size > MOST_EXTRA_BYTES:
        text = f"its buttons, data, ios, android and image take {size} bytes; at most"
        text += f" {MOST_EXTRA_BYTES} leave room for the words"
        problems.append(Problem(path, "message_too_long", text))
