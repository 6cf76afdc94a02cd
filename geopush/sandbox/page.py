"""The inbox as people see it: each phone with what it shows and all that arrived.

It works without scripts; with them it is kept up to date in place. Nothing on it comes
from anywhere but the sandbox, and the browser is told to see to that.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence, Set
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template

from geopush.sandbox.inbox import Item, PhoneView

MOST_PHONES = 100  # on the page; the JSON has them all
MOST_LINES = 50  # of what arrived on one of them

_TAPS = "inbox/taps"  # as a browser sees it from the page

Taps = Mapping[str, Set[str]]

_WEB = Path(__file__).parent / "web"
_STYLE, _SCRIPT = (_WEB / f"inbox.{kind}" for kind in ("css", "js"))
_PARTS = {"style": _STYLE.read_text(), "script": _SCRIPT.read_text()}
_FRAME = Template((_WEB / "inbox.html").read_text())


def _only(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_only(_PARTS['style'])}; "
    f"script-src {_only(_PARTS['script'])}; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page(phones: Sequence[PhoneView], taps: Taps) -> str:
    """Return the page; what came from a push is shown as text and nothing else.

    ``taps`` are the buttons tapped of each message.
    """
    newest = sorted(phones, key=lambda phone: phone.received[-1].at, reverse=True)
    sections = [_phone(phone, taps) for phone in newest[:MOST_PHONES]]
    nothing = '<p class="empty" id="empty">Nothing has arrived yet.</p>'
    return _FRAME.substitute(
        _PARTS, summary=_summary(phones), phones="\n".join(sections) or nothing
    )


def _summary(phones: Sequence[PhoneView]) -> str:
    received = sum(len(phone.received) for phone in phones)
    shown = sum(len(phone.tray) for phone in phones)
    noun = "phone" if len(phones) == 1 else "phones"
    more = f"; the latest {MOST_PHONES} are here" if len(phones) > MOST_PHONES else ""
    return f"{len(phones)} {noun}, {shown} shown, {received} arrived{more}."


def _phone(phone: PhoneView, taps: Taps) -> str:
    name = f"{phone.platform} {phone.app} {phone.address}".replace(" ", "-")
    # The last of one collapse id is shown; whatever it replaced is only listed.
    shown = {id(item) for item in phone.tray}
    numbered = list(enumerate(phone.received))[::-1]
    places = {id(item): f"{name}-{number}" for number, item in numbered}
    tray = [_push(one, places[id(one)], taps) for one in reversed(phone.tray)]
    lines = [_line(one, is_shown=id(one) in shown) for _, one in numbered[:MOST_LINES]]
    left = len(numbered) - len(lines)
    more = f'<p class="more">and {left} before</p>' if left else ""
    return (
        f'<section class="phone" id="{escape(name)}"><h2>'
        f"{escape(f'{phone.platform} · {phone.app}')}"
        f'<code title="{escape(phone.address)}">{escape(phone.address)}</code></h2>\n'
        + ("\n".join(tray) or '<p class="empty">shows nothing</p>')
        + f'\n<details><summary id="{escape(name)}-all">{len(numbered)} arrived'
        f"</summary><ul>{''.join(lines)}</ul>{more}</details></section>"
    )


def _push(item: Item, place: str, taps: Taps) -> str:
    url = f'<p class="note">opens {escape(item.url)}</p>' if item.url else ""
    return (
        f'<article class="push" id="{escape(place)}">'
        f'<h3 dir="auto">{escape(item.title or "")}</h3>'
        f'<p dir="auto">{escape(item.body or "")}</p>{url}'
        f"{_buttons(item, place, taps)}"
        f'<p class="note"><time datetime="{item.at.isoformat()}">'
        f"{item.at:%H:%M:%S} UTC</time></p></article>"
    )


def _buttons(item: Item, place: str, taps: Taps) -> str:
    if item.message_id is None or not item.buttons:
        return ""
    tapped = taps.get(item.message_id, frozenset())
    buttons = [
        f'<button name="button" value="{escape(name)}" dir="auto"'
        f' id="{escape(f"{place}-{name}")}"'
        f' aria-pressed="{"true" if name in tapped else "false"}">'
        f"{escape(one.get('text', name))}</button>"
        for one in item.buttons
        if (name := one.get("id", ""))
    ]
    return (
        f'<form method="post" action="{_TAPS}">'
        f'<input type="hidden" name="message_id" value="{escape(item.message_id)}">'
        f"{''.join(buttons)}</form>"
    )


def _line(item: Item, *, is_shown: bool) -> str:
    marks = [] if is_shown else ["replaced" if _has_words(item) else "silent"]
    marks += ["repeat"] if item.repeat else []
    text = f"{item.at:%H:%M:%S} {item.title or item.body or 'no words'}"
    noted = f" ({', '.join(marks)})" if marks else ""
    return f"<li>{escape(text + noted)}</li>"


def _has_words(item: Item) -> bool:
    return item.title is not None or item.body is not None
