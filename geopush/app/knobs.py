"""Settings, as the rooms take them that must not read settings themselves."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from geopush.api.parts import Knobs
from geopush.core.identity import Identity
from geopush.flows.register import Rules
from geopush.settings import Settings
from zones import Limits

MIB = 1024 * 1024


def rules_of(settings: Settings, identities: Mapping[str, Sequence[bytes]]) -> Rules:
    """Return who may register, and how they are known."""
    return Rules(
        apps=settings.app_names,
        identity=Identity(
            secrets=identities, expiry_required=settings.identity_expiry_required
        ),
        token_life=timedelta(hours=settings.token_hours),
    )


def knobs_of(settings: Settings) -> Knobs:
    """Return the limits of the door."""
    return Knobs(
        zones=Limits(
            vertices_per_polygon=settings.zone_vertices,
            vertices_per_upload=settings.upload_vertices,
            bytes_per_upload=settings.upload_mib * MIB,
            area_km2=settings.zone_km2,
        ),
        apps=settings.app_names,
        metrics_token=settings.metrics_token,
        private_webhooks=settings.webhook_private,
    )


def lease_of(settings: Settings) -> timedelta:
    """Return how long a claim is held: three send deadlines."""
    return timedelta(seconds=3 * settings.send_seconds)
