"""The house keeps its directions: each rule catches a violation that was planted."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())
CONTRACTS = [one["name"] for one in PROJECT["tool"]["importlinter"]["contracts"]]

# Which import, in which module, each contract is to catch.
PLANTED: dict[str, tuple[str, str]] = {
    "One direction": ("geopush.core.ping", "geopush.flows.ingest"),
    "zones stands alone": ("zones.zone", "geopush.errors"),
    "Only app and cli read settings": ("geopush.flows.deliver", "geopush.settings"),
    "The sandbox stands outside the house": ("geopush.sandbox.clock", "geopush.core"),
    "The bench knows nothing but zones": ("geopush.bench.own", "geopush.core.ping"),
    "The core and the zones do no I/O": ("geopush.core.cap", "random"),
    "shapely has its doors": ("geopush.core.cap", "shapely"),
    "numpy has its doors": ("geopush.core.cap", "numpy"),
    "h3 has its doors": ("zones.scan", "h3"),
    "rtree has its doors": ("zones.scan", "rtree"),
    "numba has its doors": ("zones.scan", "numba"),
    "asyncpg has its doors": ("geopush.flows.ingest", "asyncpg"),
    "litestar has its doors": ("geopush.flows.ingest", "litestar"),
    "aioapns has its doors": ("geopush.push.fcm", "aioapns"),
    "h2 has its doors": ("geopush.push.fcm", "h2"),
    "pyfcm has its doors": ("geopush.push.apns", "pyfcm"),
    "aiohttp has its doors": ("geopush.push.apns", "aiohttp"),
    "liquid has its doors": ("geopush.core.compose", "liquid"),
    "matplotlib has its doors": ("geopush.core.compose", "matplotlib"),
    "click has its doors": ("geopush.app.server", "click"),
    "uvicorn has its doors": ("geopush.api.front", "uvicorn"),
    "prometheus_client has its doors": ("geopush.api.health", "prometheus_client"),
    "cryptography has its doors": ("geopush.core.token", "cryptography"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The house once more, to plant things in."""
    skipped = shutil.ignore_patterns("__pycache__")
    for name in ("geopush", "zones"):
        shutil.copytree(TOP / name, tmp_path / name, ignore=skipped)
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    return tmp_path


def plant(copy: Path, module: str, imported: str) -> None:
    """Let a module of the copy import something."""
    path = copy.joinpath(*module.split(".")).with_suffix(".py")
    with path.open("r+") as file:  # a module that is there
        file.seek(0, 2)
        file.write(f"import {imported}\n")


def lint_imports(copy: Path) -> tuple[int, str]:
    """Hold the copy to its contracts; return the exit code and the report."""
    done = subprocess.run(
        [BIN / "lint-imports", "--no-logo", "--no-cache"],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout


def verdicts(report: str) -> dict[str, str]:
    """Whether each contract is kept."""
    return dict(re.findall(r"^(.+) (KEPT|BROKEN)$", report, re.MULTILINE))


def about(report: str, contract: str) -> str:
    """What the report says of a broken contract."""
    underlined = f"\n{contract}\n{'-' * len(contract)}\n"
    return re.split(r"\n-{3,}\n", report.split(underlined)[1])[0]


def test_the_house_as_it_is_keeps_every_contract(copy: Path) -> None:
    code, report = lint_imports(copy)
    assert code == 0, report
    assert verdicts(report) == dict.fromkeys(CONTRACTS, "KEPT")


def test_every_contract_catches_what_it_forbids(copy: Path) -> None:
    for module, imported in PLANTED.values():
        plant(copy, module, imported)
    code, report = lint_imports(copy)
    assert code == 1
    assert verdicts(report) == dict.fromkeys(CONTRACTS, "BROKEN")
    for contract, (module, imported) in PLANTED.items():
        assert f"{module} -> {imported} " in about(report, contract), contract


def test_a_new_room_must_take_its_place(copy: Path) -> None:
    (copy / "geopush" / "cellar.py").write_text('"""A new room."""\n')
    code, report = lint_imports(copy)
    assert code == 1
    assert "- geopush.cellar" in about(report, "One direction")


@pytest.mark.parametrize(
    "line",
    [
        'import os\n\nHOME = os.environ["HOME"]',
        'import os\n\nHOME = os.getenv("HOME")',
        "from os import environ",
        "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)",
        "from datetime import datetime\n\nNOW = datetime.utcnow()",
        "import time\n\nNOW = time.time()",
        "from time import time",
        "import uuid\n\nID = uuid.uuid4()",
        "from uuid import uuid1",
        "import random",
        "from random import choice",
        "import secrets",
    ],
)
def test_a_rule_may_not_ask_the_machine(line: str) -> None:
    assert lint(line, "geopush/core/cap.py") == ["TID251"]


@pytest.mark.parametrize(
    ("line", "home"),
    [
        ("import os\n\nHOME = os.environ", "geopush/settings.py"),
        (
            "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)",
            "geopush/clock.py",
        ),
    ],
)
def test_what_asks_the_machine_has_its_place(line: str, home: str) -> None:
    assert lint(line, home) == []


def lint(code: str, name: str) -> list[str]:
    """The banned uses that ruff finds in code of that name."""
    done = subprocess.run(
        [
            *(BIN / "ruff", "check", "--no-cache", "--select", "TID251"),
            *("--output-format", "concise", "--stdin-filename", TOP / name, "-"),
        ],
        cwd=TOP,
        input=f"{code}\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode in (0, 1), done.stderr
    return sorted(set(re.findall(r": (TID\d+) ", done.stdout)))
