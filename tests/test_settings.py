"""Settings: read once, and a misspelt one is an error."""

from pathlib import Path

import pytest

from geopush.errors import SettingsError
from geopush.settings import Settings, read, shown


def test_without_any_the_defaults_hold() -> None:
    assert read({"HOME": "/root"}) == Settings()


def test_a_misspelt_setting_stops_the_start_and_is_named() -> None:
    with pytest.raises(SettingsError, match=r"GEOPUSH_PROT .*README"):
        read({"GEOPUSH_PROT": "8000"})


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError, match=r"GEOPUSH_A .*GEOPUSH_B "):
        read({"GEOPUSH_A": "1", "GEOPUSH_B": "2"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GEOPUSH_PORT", "many"),
        ("GEOPUSH_PORT", "70000"),
        ("GEOPUSH_WEATHER_RADIUS_KM", "0"),
        ("GEOPUSH_IDENTITY_EXPIRY_REQUIRED", "perhaps"),
    ],
)
def test_a_value_that_cannot_be_is_refused_under_its_name(
    name: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=f"{name} cannot be read: ") as refused:
        read({name: value, "GEOPUSH_POOL_SIZE": "0"})
    assert "GEOPUSH_POOL_SIZE cannot be read: " in str(refused.value)


def test_a_secret_may_come_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://somewhere\n")
    settings = read({"GEOPUSH_DATABASE_URL_FILE": str(tmp_path / "url")})
    assert settings.database_url == "postgresql://somewhere"


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="GEOPUSH_APNS_KEY_FILE"):
        read({"GEOPUSH_APNS_KEY_FILE": str(tmp_path / "nowhere")})


def test_twice_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a")
    with pytest.raises(SettingsError, match="twice"):
        read(
            {
                "GEOPUSH_METRICS_TOKEN": "b",
                "GEOPUSH_METRICS_TOKEN_FILE": str(tmp_path / "token"),
            }
        )


def test_what_kubernetes_injects_is_no_setting() -> None:
    injected = {
        "GEOPUSH_PORT": "tcp://10.0.0.1:80",
        "GEOPUSH_PORT_80_TCP_ADDR": "10.0.0.1",
        "GEOPUSH_SERVICE_HOST": "10.0.0.1",
    }
    assert read(injected) == Settings()


def test_secrets_are_not_shown() -> None:
    text = str(
        shown(Settings(database_url="postgresql://u:canary@h", apns_key="canary"))
    )
    assert "canary" not in text
