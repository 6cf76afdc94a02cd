"""The inbox as people see it: each phone with what it shows and all that arrived."""

from collections.abc import Sequence
from html import escape

from geopush.sandbox.inbox import Item, PhoneView

SECONDS = 2  # between looks of the browser

_FRAME = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{seconds}">
<title>geopush inbox</title>
<style>
body {{ font: 15px/1.4 system-ui, sans-serif; margin: 2rem; background: #eef1f4;
       color: #1c2126; }}
main {{ display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }}
.phone {{ width: 20rem; padding: 1rem; border-radius: 1.5rem; background: #fff;
         border: 2px solid #b9c2cb; }}
.phone h2 {{ font-size: .8rem; margin: 0 0 .7rem; overflow-wrap: anywhere;
            font-weight: 600; color: #55606b; }}
.push {{ border-radius: .8rem; background: #e7f0e4; padding: .6rem .8rem;
        margin: 0 0 .6rem; }}
.push h3 {{ font-size: 1rem; margin: 0; }}
.push p {{ margin: .1rem 0 0; overflow-wrap: anywhere; }}
.button {{ display: inline-block; margin: .4rem .4rem 0 0; padding: .1rem .6rem;
          border: 1px solid #6c8a63; border-radius: 1rem; font-size: .85rem; }}
time, .empty, summary {{ color: #55606b; font-size: .8rem; }}
li {{ font-size: .85rem; }}
</style>
</head>
<body>
<h1>Inbox</h1>
<p>{summary}</p>
<main>
{phones}
</main>
</body>
</html>
"""


def page(phones: Sequence[PhoneView]) -> str:
    """Return the page; what came from a push is shown as text and nothing else."""
    received = sum(len(phone.received) for phone in phones)
    shown = sum(len(phone.tray) for phone in phones)
    summary = f"{len(phones)} phones, {shown} shown, {received} arrived."
    return _FRAME.format(
        seconds=SECONDS, summary=summary, phones="\n".join(map(_phone, phones))
    )


def _phone(phone: PhoneView) -> str:
    tray = [_push(item) for item in reversed(phone.tray)]
    # The last of one collapse id is shown; whatever it replaced is only listed.
    left = list(phone.tray)
    lines = []
    for item in reversed(phone.received):
        is_shown = item in left
        if is_shown:
            left.remove(item)
        lines.append(_line(item, is_shown=is_shown))
    name = f"{phone.platform} · {phone.app} · {phone.address}"
    return (
        f'<section class="phone"><h2>{escape(name)}</h2>\n'
        + ("\n".join(tray) or '<p class="empty">shows nothing</p>')
        + f"\n<details><summary>{len(lines)} arrived</summary>"
        + f"<ul>{''.join(lines)}</ul></details></section>"
    )


def _push(item: Item) -> str:
    buttons = "".join(
        f'<span class="button">{escape(button.get("text", ""))}</span>'
        for button in item.buttons
    )
    return (
        f'<article class="push"><h3>{escape(item.title or "")}</h3>'
        f"<p>{escape(item.body or '')}</p>{buttons}"
        f"<p><time>{item.at:%H:%M:%S}</time></p></article>"
    )


def _line(item: Item, *, is_shown: bool) -> str:
    marks = [] if is_shown else ["replaced" if _has_words(item) else "silent"]
    marks += ["repeat"] if item.repeat else []
    text = f"{item.at:%H:%M:%S} {item.title or item.body or 'no words'}"
    noted = f" ({', '.join(marks)})" if marks else ""
    return f"<li>{escape(text + noted)}</li>"


def _has_words(item: Item) -> bool:
    return item.title is not None or item.body is not None
