"""Google's access tokens: who may ask, for what, and how long they last."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from geopush.sandbox.certificates import make_papers
from geopush.sandbox.oauth import GRANT_TYPE, AccessTokens, Grant, NoGrant, load_account
from tests.sandbox.build import NOON, Stage, ask_for_token


async def test_a_signed_assertion_gives_an_access_token_for_an_hour(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    response = await ask_for_token(stage.sandbox, client, stage.assertion())
    assert response.status_code == 200
    answer = response.json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    assert answer["access_token"].startswith("ya29.")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "somebody@example.com"}, "invalid_grant"),
        ({"aud": "https://example.com/token"}, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"iat": NOON.timestamp() + 600}, "invalid_grant"),
        ({"iat": "now"}, "invalid_grant"),
        ({"exp": NOON.timestamp() - 1}, "invalid_grant"),
        ({"exp": NOON.timestamp() + 3601}, "invalid_grant"),
        ({"exp": None}, "invalid_grant"),
        ({"key_id": "another"}, "invalid_grant"),
    ],
)
async def test_an_assertion_that_is_not_quite_right_gives_none(
    stage: Stage, client: httpx.AsyncClient, changes: dict[str, Any], error: str
) -> None:
    assertion = stage.assertion(**changes)
    response = await ask_for_token(stage.sandbox, client, assertion)
    assert (response.status_code, response.json()["error"]) == (400, error)


@pytest.mark.parametrize("assertion", ["", "abc", "a.b.c"])
async def test_what_is_no_assertion_gives_none(
    stage: Stage, client: httpx.AsyncClient, assertion: str
) -> None:
    response = await ask_for_token(stage.sandbox, client, assertion)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


async def test_only_one_kind_of_grant_is_known(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    sandbox, assertion = stage.sandbox, stage.assertion()
    response = await ask_for_token(sandbox, client, assertion, grant_type="password")
    assert response.json()["error"] == "unsupported_grant_type"


def test_somebody_elses_signature_gives_none(stage: Stage, tmp_path: Path) -> None:
    another = load_account(make_papers(tmp_path).service_account_file)
    account = load_account(stage.sandbox.service_account_file)
    impostor = msgspec.structs.replace(account, key=another.key)
    token_uri = f"{stage.sandbox.fcm_url}/token"
    access = AccessTokens(impostor, token_uri, stage.token_clock)
    refusal = access.grant(GRANT_TYPE, stage.assertion())
    assert isinstance(refusal, NoGrant)
    assert refusal.error == "invalid_grant"


async def test_the_audience_that_googles_libraries_name_is_taken(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    assertion = stage.assertion(aud="https://oauth2.googleapis.com/token")
    assert (await ask_for_token(stage.sandbox, client, assertion)).is_success


@pytest.mark.parametrize(
    ("age", "is_good"), [(timedelta(seconds=3598), True), (timedelta(hours=1), False)]
)
def test_an_access_token_ends_after_its_hour(
    stage: Stage, age: timedelta, is_good: bool
) -> None:
    account = load_account(stage.sandbox.service_account_file)
    token_uri = f"{stage.sandbox.fcm_url}/token"
    access = AccessTokens(account, token_uri, stage.token_clock)
    grant = access.grant(GRANT_TYPE, stage.assertion())
    assert isinstance(grant, Grant)
    stage.token_clock.step(age)
    assert access.is_good(f"Bearer {grant.access_token}") is is_good
