"""geopush messages list | retry | drop."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

import click
import msgspec

from geopush.cli.output import show
from geopush.cli.remote import ask
from geopush.cli.zones import URL
from geopush.core.message import State

KEY = click.option("--key", envvar="GP_KEY", required=True, help="A crm key.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


class Line(msgspec.Struct):
    """What is printed of a message."""

    message_id: UUID
    state: str
    reason: str
    offer_id: str
    customer_id: str
    decided_at: datetime


class Lines(msgspec.Struct):
    """What a service answers when it is asked for messages."""

    items: list[Line]


@click.group()
def messages() -> None:
    """See what became of messages; try again or drop those that came to nothing."""


@messages.command("list")
@click.option("--state", type=click.Choice([state.value for state in State]))
@click.option("--offer", help="Only those of this offer.")
@click.option("--limit", default=100, type=click.IntRange(1, 1000))
@URL
@KEY
@JSON
def list_(
    state: str | None,
    offer: str | None,
    limit: int,
    url: str,
    key: str,
    as_json: bool,
) -> None:
    """List messages with their reasons, the newest first.

    \b
    Example:
      geopush messages list --state rejected --key gp_sk_...
    """
    asked = {"state": state, "offer_id": offer}
    query = {name: value for name, value in asked.items() if value is not None}
    answer = ask(
        "GET", f"{url}/v1/messages?{urlencode({**query, 'limit': limit})}", key
    )
    if as_json:
        click.echo(answer)
        return
    for one in msgspec.json.decode(answer, type=Lines).items:
        _print(one)


@messages.command()
@click.argument("message_id", type=click.UUID)
@URL
@KEY
@JSON
def retry(message_id: UUID, url: str, key: str, as_json: bool) -> None:
    """Send a message once more, under the same id.

    \b
    Example:
      geopush messages retry 0198f2b4-... --key gp_sk_...
    """
    _move("retry", message_id, url, key, as_json)


@messages.command()
@click.argument("message_id", type=click.UUID)
@URL
@KEY
@JSON
def drop(message_id: UUID, url: str, key: str, as_json: bool) -> None:
    """Never send a message.

    \b
    Example:
      geopush messages drop 0198f2b4-... --key gp_sk_...
    """
    _move("drop", message_id, url, key, as_json)


def _move(how: str, message_id: UUID, url: str, key: str, as_json: bool) -> None:
    answer = ask("POST", f"{url}/v1/messages/{message_id}/{how}", key)
    line = msgspec.json.decode(answer, type=Line)
    if as_json:
        show(line)
    else:
        _print(line)


def _print(one: Line) -> None:
    when = one.decided_at.isoformat(timespec="seconds")
    what = f"{one.state} ({one.reason})", one.offer_id, one.customer_id
    click.echo("  ".join((str(one.message_id), when, *what)))
