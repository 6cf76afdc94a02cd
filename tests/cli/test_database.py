"""geopush migrate and geopush keys, on a database of the settings."""

import pytest

from geopush.core.access import Role
from geopush.store.migrate import MIGRATIONS, read_migrations
from tests.cli.command import Terminal
from tests.databases import TestPostgres

ALL = [one.name for one in read_migrations(MIGRATIONS)]


def test_a_fresh_database_is_migrated_once(
    terminal: Terminal, empty_database_url: str
) -> None:
    terminal.set(GEOPUSH_DATABASE_URL=empty_database_url)
    first = terminal.geopush("migrate")
    assert first.code == 0
    assert first.out.splitlines()[:-1] == [f"applied {name}" for name in ALL]
    again = terminal.geopush("migrate")
    assert (again.code, again.out) == (0, "0 applied, the database is up to date\n")


def test_what_was_migrated_is_told_to_machines(
    terminal: Terminal, empty_database_url: str
) -> None:
    terminal.set(GEOPUSH_DATABASE_URL=empty_database_url)
    assert terminal.geopush("migrate", "--json").json() == {"applied": ALL}
    assert terminal.geopush("migrate", "--json").json() == {"applied": []}


def test_there_is_nothing_to_migrate_without_a_database(terminal: Terminal) -> None:
    done = terminal.geopush("migrate")
    assert (done.code, done.out) == (1, "")
    assert "GEOPUSH_DATABASE_URL" in done.err


@pytest.mark.parametrize("command", [("serve",), ("keys", "list")])
def test_a_database_that_was_not_migrated_is_refused_with_what_to_do(
    terminal: Terminal, empty_database_url: str, command: tuple[str, ...]
) -> None:
    terminal.set(GEOPUSH_DATABASE_URL=empty_database_url, GEOPUSH_PORT="0")
    done = terminal.geopush(*command)
    assert (done.code, done.out) == (1, "")
    assert "run geopush migrate" in done.err


@pytest.mark.parametrize(
    "command", [("serve",), ("serve", "--migrate"), ("migrate",), ("keys", "list")]
)
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://geopush:canary@127.0.0.1:1/geopush",
        "postgresql://geopush:canary@127.0.0.1:many/geopush",
        "mysql://geopush:canary@127.0.0.1/geopush",
    ],
)
def test_a_database_that_is_not_there_ends_the_command_with_1(
    terminal: Terminal, command: tuple[str, ...], url: str
) -> None:
    terminal.set(GEOPUSH_DATABASE_URL=url, GEOPUSH_PORT="0")
    done = terminal.geopush(*command)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("geopush: the database cannot be reached: ")
    assert "canary" not in done.err


def test_a_database_that_nobody_made_ends_the_command_with_1(
    terminal: Terminal, postgres: TestPostgres
) -> None:
    terminal.set(GEOPUSH_DATABASE_URL=postgres.dsn_of("geopush_test_nowhere"))
    done = terminal.geopush("migrate")
    assert done.code == 1
    assert 'database "geopush_test_nowhere" does not exist' in done.err


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_key_of_every_role_is_made_and_shown_once(
    terminal: Terminal, database_url: str, role: str
) -> None:
    terminal.set(GEOPUSH_DATABASE_URL=database_url)
    done = terminal.geopush("keys", "create", role, "--name", "for a test")
    key = done.out.strip()
    assert done.code == 0
    assert key.startswith("gp_pk_" if role == "sdk" else "gp_sk_")
    listed = terminal.geopush("keys", "list").out
    assert f"{role:10} for a test" in listed
    assert key not in listed


def test_a_key_revoked_is_listed_no_more_and_cannot_be_revoked_again(
    terminal: Terminal, database_url: str
) -> None:
    terminal.set(GEOPUSH_DATABASE_URL=database_url)
    asked = ("manager", "--group", "Amsterdam", "--json")
    made = terminal.geopush("keys", "create", *asked).json()
    assert isinstance(made, dict)
    key_id = made["key_id"]
    assert terminal.geopush("keys", "list", "--json").json() == [
        {
            "key_id": key_id,
            "role": "manager",
            "name": "from the command line",
            "group": "Amsterdam",
            "app": None,
        }
    ]
    done = terminal.geopush("keys", "revoke", key_id)
    assert (done.code, done.out) == (0, f"{key_id} revoked\n")
    assert terminal.geopush("keys", "list", "--json").json() == []
    again = terminal.geopush("keys", "revoke", key_id)
    assert again.code == 1
    assert f"there is no key {key_id}" in again.err


def test_a_key_revoked_is_told_to_machines(
    terminal: Terminal, database_url: str
) -> None:
    terminal.set(GEOPUSH_DATABASE_URL=database_url)
    made = terminal.geopush("keys", "create", "crm", "--json").json()
    assert isinstance(made, dict)
    done = terminal.geopush("keys", "revoke", made["key_id"], "--json")
    assert done.json() == {"key_id": made["key_id"], "revoked": True}
