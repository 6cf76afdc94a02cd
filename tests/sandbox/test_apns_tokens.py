"""Provider tokens: who signed, how old, how often changed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from geopush.sandbox.apns_tokens import ProviderTokens, load_team
from geopush.sandbox.certificates import make_papers
from tests.sandbox.build import Stage


@pytest.fixture
def tokens(stage: Stage) -> ProviderTokens:
    sandbox = stage.sandbox
    team = load_team(sandbox.team_id, sandbox.key_id, sandbox.p8_file)
    return ProviderTokens(team, stage.token_clock)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, None),
        ({"age": minutes(60)}, None),
        ({"age": minutes(61)}, "ExpiredProviderToken"),
        ({"age": minutes(-4)}, None),
        ({"age": minutes(-6)}, "InvalidProviderToken"),
        ({"team_id": "SOMEBODY"}, "InvalidProviderToken"),
        ({"key_id": "ANOTHERKEY"}, "InvalidProviderToken"),
        ({"iat": "now"}, "InvalidProviderToken"),
        ({"iat": 10**30}, "InvalidProviderToken"),
        ({"iat": None}, "InvalidProviderToken"),
    ],
)
def test_a_provider_token_must_be_ours_and_of_this_hour(
    stage: Stage, tokens: ProviderTokens, changes: dict[str, Any], refusal: str | None
) -> None:
    token = stage.provider_token(**changes)
    assert tokens.refusal(f"bearer {token}") == refusal


def test_a_token_signed_with_another_key_is_invalid(
    stage: Stage, tokens: ProviderTokens, tmp_path: Path
) -> None:
    token = stage.provider_token(p8_file=make_papers(tmp_path).p8_file)
    assert tokens.refusal(f"bearer {token}") == "InvalidProviderToken"


def test_a_token_with_another_algorithm_is_invalid(
    stage: Stage, tokens: ProviderTokens
) -> None:
    claims = {"iss": stage.sandbox.team_id, "iat": stage.token_clock().timestamp()}
    headers = {"kid": stage.sandbox.key_id}
    token = jwt.encode(
        claims, "a secret of more than 32 bytes, shared", headers=headers
    )
    assert tokens.refusal(f"bearer {token}") == "InvalidProviderToken"


def test_a_token_in_use_expires_after_an_hour(
    stage: Stage, tokens: ProviderTokens
) -> None:
    header = f"Bearer {stage.provider_token()}"
    assert tokens.refusal(header) is None
    stage.token_clock.step(minutes(60))
    assert tokens.refusal(header) is None
    stage.token_clock.step(minutes(1))
    assert tokens.refusal(header) == "ExpiredProviderToken"


@pytest.mark.parametrize(
    ("wait", "refusal"), [(19, "TooManyProviderTokenUpdates"), (20, None)]
)
def test_a_token_is_changed_at_most_every_twenty_minutes(
    stage: Stage, tokens: ProviderTokens, wait: int, refusal: str | None
) -> None:
    first = f"bearer {stage.provider_token()}"
    assert tokens.refusal(first) is None
    stage.token_clock.step(minutes(wait))
    second = f"bearer {stage.provider_token()}"
    assert tokens.refusal(second) == refusal
    assert (tokens.refusal(first) is None) is (refusal is not None)
