"""The token for Apple: not too old, not too often."""

from datetime import datetime, timedelta

import jwt
import pytest

from geopush.errors import SettingsError
from geopush.push.apns_token import ProviderToken, SigningKey
from tests.push.build import NOW


class Watch:
    """A clock in the hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def token(key: SigningKey, watch: Watch) -> ProviderToken:
    return ProviderToken(key, watch)


def test_it_names_team_key_and_moment(key: SigningKey, token: ProviderToken) -> None:
    text = token.header().removeprefix("bearer ")
    claims = jwt.decode(text, options={"verify_signature": False})
    assert claims == {"iss": key.team_id, "iat": int(NOW.timestamp())}
    assert jwt.get_unverified_header(text)["kid"] == key.key_id


@pytest.mark.parametrize(("minutes", "is_same"), [(39, True), (40, False)])
def test_it_is_renewed_between_twenty_and_sixty_minutes(
    token: ProviderToken, watch: Watch, minutes: int, is_same: bool
) -> None:
    first = token.header()
    watch.now += timedelta(minutes=minutes)
    assert (token.header() == first) is is_same


def test_a_clock_set_back_renews_it_too(token: ProviderToken, watch: Watch) -> None:
    first = token.header()
    watch.now -= timedelta(hours=2)
    assert token.header() != first


def test_one_refused_while_young_is_not_renewed(
    token: ProviderToken, watch: Watch
) -> None:
    first = token.header()
    watch.now += timedelta(minutes=19)
    assert token.renewed(first) is None


def test_one_refused_later_is_renewed_once_for_all(
    token: ProviderToken, watch: Watch
) -> None:
    first = token.header()
    watch.now += timedelta(minutes=21)
    renewed = token.renewed(first)
    assert renewed != first
    assert token.renewed(first) == token.header() == renewed


@pytest.mark.parametrize("key", ["", "not a key", "-----BEGIN PRIVATE KEY-----"])
def test_a_key_that_cannot_sign_is_found_at_once(key: str) -> None:
    with pytest.raises(SettingsError):
        ProviderToken(SigningKey(key, "KEY", "TEAM"), lambda: NOW)


def test_the_key_is_not_shown(key: SigningKey) -> None:
    assert "PRIVATE" not in repr(key)
