"""The stand-ins as pytest fixtures, for whoever sends pushes.

In a ``conftest.py``::

    pytest_plugins = ["geopush.sandbox.fixtures"]

and in a test, which may await or not::

    from geopush.sandbox.rules import Gateway, Rule

    def test_a_token_that_died_is_forgotten(geopush_sandbox):
        geopush_sandbox.misbehave(Rule(Gateway.APNS, reason="Unregistered"))
        my_sender.send(url=geopush_sandbox.apns_url, ca=geopush_sandbox.ca_file, ...)
        assert geopush_sandbox.received() == []

Needs pytest, and nothing else that geopush does not. Another app or topic than
``demo``: override the fixture ``geopush_sandbox_apps``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from geopush.sandbox.thread import SandboxThread, run_sandbox


@pytest.fixture(scope="session")
def geopush_sandbox_papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where certificates and keys lie; they are made once in a session."""
    return tmp_path_factory.mktemp("geopush-sandbox")


@pytest.fixture
def geopush_sandbox_apps() -> Mapping[str, str]:
    """Each app's name and its APNs topic."""
    return {"demo": "com.example.demo"}


@pytest.fixture
def geopush_sandbox(
    geopush_sandbox_papers: Path, geopush_sandbox_apps: Mapping[str, str]
) -> Iterator[SandboxThread]:
    """Stand-ins for Apple and Google, new for each test."""
    with run_sandbox(geopush_sandbox_papers, geopush_sandbox_apps) as sandbox:
        yield sandbox
