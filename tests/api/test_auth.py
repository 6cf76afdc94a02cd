"""Who is asking: what is in force opens, all else does not."""

import pytest

from geopush.core.access import Role
from geopush.core.token import DeviceToken
from tests.api.conftest import Door


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic gp_sk_x",
        "Bearer gp_sk_unknown",
        "Bearer gp_dt_unknown",
        "Bearer nonsense",
        "Bearer é",
    ],
)
async def test_a_credential_that_is_missing_or_wrong_is_challenged(
    api: Door, header: str
) -> None:
    answer = await api.ask(
        "GET", "/v1/zones", headers={"Authorization": header.encode()}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_scheme_may_be_in_any_case(api: Door) -> None:
    header = f"bearer {api.keys[Role.MANAGER]}"
    answer = await api.ask("GET", "/v1/zones", headers={"Authorization": header})
    assert answer.status_code == 200


async def test_a_device_token_opens_nothing_of_keys(api: Door) -> None:
    now = int(api.parts.clock().timestamp())
    live = api.parts.tokens.sign(DeviceToken("d", "c", 1, "demo", now + 60))
    over = api.parts.tokens.sign(DeviceToken("d", "c", 1, "demo", now))
    for token, status, code in (
        (live, 403, "forbidden"),
        (over, 401, "token_expired"),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        answer = await api.ask("GET", "/v1/zones", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
