"""Talk to a running service, for the commands that put things there."""

import json
import sys
import urllib.error
import urllib.request

import click

PATIENCE = 120  # seconds; a large upload of zones takes a while

Json = dict[str, object]


def ask(
    method: str,
    url: str,
    key: str,
    body: bytes | None = None,
    media_type: str = "application/json",
) -> bytes:
    """Ask the service; what it refuses is printed and ends the command with 1."""
    request = urllib.request.Request(  # noqa: S310  the operator names the address
        url,
        data=body,
        method=method,
        headers={"Authorization": f"Bearer {key}", "Content-Type": media_type},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content
    except urllib.error.HTTPError as error:
        _complain(error.code, error.read())
    except urllib.error.URLError as error:
        click.echo(f"{url} does not answer: {error.reason}", err=True)
    sys.exit(1)


def _complain(status: int, body: bytes) -> None:
    try:
        problem = json.loads(body)
    except ValueError:
        click.echo(f"the service answered {status}", err=True)
        return
    click.echo(f"{status} {problem.get('code')}: {problem.get('detail')}", err=True)
    for one in problem.get("problems", ()):
        hint = f" ({one['suggestion']})" if one.get("suggestion") else ""
        click.echo(f"  {one['path']}: {one['text']}{hint}", err=True)
