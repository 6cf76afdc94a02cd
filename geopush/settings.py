"""Settings: every knob, read once from GEOPUSH_* and GEOPUSH_*_FILE.

A name that is not known stops the start: a misspelt setting is never ignored.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from geopush.errors import SettingsError

PREFIX = "GEOPUSH_"
# What Kubernetes puts into every container beside a Service that is named geopush.
INJECTED = ("GEOPUSH_SERVICE_", "GEOPUSH_PORT_")

Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything an operator may turn; field ``x`` is GEOPUSH_X."""

    host: str = "127.0.0.1"
    port: Port = 8000
    database_url: str | None = None
    data_dir: str | None = None
    pg_bin: str | None = None
    pool_size: Count = 6
    compiled: bool = True
    kernel_dir: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    apps: str = "demo"
    timezone: str = "UTC"
    token_hours: Annotated[float, Meta(gt=0, le=24)] = 24.0
    identity_expiry_required: bool = False
    dwell_seen_seconds: Annotated[float, Meta(gt=0, le=604_800)] = 900.0
    contact_lock_seconds: Annotated[float, Meta(ge=0, le=2_592_000)] = 3_600.0
    weather_radius_km: Positive = 25.0
    zone_vertices: Count = 5_000
    upload_vertices: Count = 500_000
    upload_mib: Count = 32
    zone_km2: Positive = 10_000.0
    metrics_token: str | None = None
    trusted_proxies: str | None = None
    drain_seconds: Positive = 20.0
    quota_per_minute: Positive = 120.0
    quota_burst: Count = 10_000
    apns_key: str | None = None
    apns_key_id: str | None = None
    apns_team_id: str | None = None
    apns_certificate: str | None = None
    apns_topic: str | None = None
    apns_url: str | None = None
    apns_ca: str | None = None
    fcm_service_account: str | None = None
    fcm_project: str | None = None
    fcm_url: str | None = None
    connect_seconds: Positive = 10.0
    send_seconds: Positive = 30.0
    one_message_seconds: NotNegative = 60.0
    webhook_private: bool = False
    policy: str | None = None

    @property
    def app_names(self) -> tuple[str, ...]:
        """The apps that devices may belong to."""
        return tuple(name.strip() for name in self.apps.split(",") if name.strip())

    @property
    def data(self) -> Path:
        """Where the embedded database and what the sandbox makes are kept."""
        if self.data_dir is not None:
            return Path(self.data_dir).absolute()
        return Path.home() / ".local" / "share" / "geopush"

    @property
    def kernels(self) -> Path:
        """Where the compiled loops of matching are kept from one start to the next."""
        if self.kernel_dir is not None:
            return Path(self.kernel_dir).absolute()
        if self.database_url is None:
            return self.data / "kernel"
        return Path.home() / ".cache" / "geopush" / "kernel"


SECRETS = (
    *("database_url", "metrics_token"),
    *("apns_key", "apns_certificate", "fcm_service_account"),
)


def read_environment() -> Settings:
    """Read the settings of this process."""
    return read(os.environ)


def read(environment: Mapping[str, str]) -> Settings:
    """Read settings from GEOPUSH_* names; ``SettingsError`` names all that is wrong."""
    problems: list[str] = []
    values: dict[str, str] = {}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or ignored(name, environment[name]):
            continue
        field, text = _value(name, environment[name], problems)
        if field not in Settings.__struct_fields__:
            problems.append(f"{name} is not a setting; see the README for the list")
        elif field in values:
            problems.append(f"{PREFIX}{field.upper()} is set twice, once as a file")
        else:
            values[field] = text
            problems += _misfit(name, {field: text})
    if problems:
        raise SettingsError("; ".join(problems))
    return msgspec.convert(values, Settings, strict=False)


def ignored(name: str, value: str) -> bool:
    """Whether a name is one of those that Kubernetes injects."""
    injected_port = name == "GEOPUSH_PORT" and value.startswith("tcp://")
    return injected_port or name.startswith(INJECTED)


def shown(settings: Settings) -> dict[str, str | int | float | bool | None]:
    """The settings for people to read, secrets left out."""
    return {
        field: "(set)" if field in SECRETS and value is not None else value
        for field, value in msgspec.structs.asdict(settings).items()
    }


def _misfit(name: str, value: Mapping[str, str]) -> list[str]:
    """What is wrong with the value of one setting."""
    try:
        msgspec.convert(value, Settings, strict=False)
    except msgspec.ValidationError as error:
        why, _, _ = str(error).partition(" - at ")
        return [f"{name} cannot be read: {why}"]
    return []


def _value(name: str, text: str, problems: list[str]) -> tuple[str, str]:
    """The field a name means, and its value: its own, or what its file holds."""
    field = name.removeprefix(PREFIX).lower()
    if not field.endswith("_file"):
        return field, text
    try:
        return field.removesuffix("_file"), Path(text).read_text().strip()
    except OSError as error:
        problems.append(f"{name} names a file that cannot be read: {error}")
        return field.removesuffix("_file"), ""
