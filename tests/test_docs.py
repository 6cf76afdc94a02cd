"""The documents tell what there is: settings, commands, paths, dependencies."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from msgspec.structs import asdict

from geopush.cli import COMMANDS
from geopush.core.access import Role
from geopush.core.outbox import draw
from geopush.settings import Settings, read

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text()
ARCHITECTURE = (TOP / "ARCHITECTURE.md").read_text()
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md")

CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
PATH = re.compile(r"(?<![\w/.:-])(?:geopush|zones|tests|benchmarks)/[\w./-]*\w/?")


def table_of(document: str, heading: str) -> dict[str, str]:
    """The first two columns of the first table under a heading, without its head."""
    section = document.split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", section, re.MULTILINE)
    return {first.strip("`"): second.strip("`") for first, second in rows[1:]}


def test_every_setting_is_in_the_readme_and_nothing_else_is() -> None:
    documented = table_of(README, "Settings")
    fields = Settings.__struct_fields__
    assert sorted(documented) == sorted(f"GEOPUSH_{field.upper()}" for field in fields)


def test_the_readme_gives_the_defaults_that_hold() -> None:
    plain = asdict(Settings())
    documented = table_of(README, "Settings")
    given = {
        name: documented[name]
        for field, default in plain.items()
        if default is not None and (name := f"GEOPUSH_{field.upper()}")
    }
    assert read(given) == Settings()


def test_every_command_is_in_the_readme_and_nothing_else_is() -> None:
    documented = table_of(README, "Commands")
    assert sorted(documented) == sorted(f"geopush {name}" for name in COMMANDS)


def test_every_role_of_a_key_is_in_the_readme() -> None:
    assert sorted(table_of(README, "Keys")) == sorted(role.value for role in Role)


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    wanted = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {re.split(r"[^\w-]", one.lower(), maxsplit=1)[0] for one in wanted}
    section = ARCHITECTURE.split("## Dependencies\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (.+?) \| \S", section, re.MULTILINE)
    explained = {name for cell in cells for name in cell.split(", ")}
    assert explained - {"package"} == names - {"geopush"}


def test_the_outbox_is_drawn_as_it_is() -> None:
    drawing = re.search(r"```mermaid\n(.*?)\n```", ARCHITECTURE, re.DOTALL)
    assert drawing is not None
    assert drawing[1] == draw()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_is_named_is_there(name: str) -> None:
    text = (TOP / name).read_text()
    named = {path for code in CODE.findall(text) for path in PATH.findall(code)}
    assert sorted(path for path in named if not (TOP / path).exists()) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_that_is_named_is_there(name: str) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)`", (TOP / name).read_text()))
    named |= set(re.findall(r"^make ([a-z-]+)$", (TOP / name).read_text(), re.M))
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(), re.M))
    assert named <= targets


def test_links_between_documents_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert all((TOP / link).exists() for link in links)


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    assert "## [Unreleased]" in (TOP / "CHANGELOG.md").read_text()
