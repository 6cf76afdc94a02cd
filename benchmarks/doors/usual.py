"""What one writes first: FastAPI, pydantic and PyJWT, matching with shapely's STRtree.

It runs where these are installed, which need not be where geopush is.
"""

from pathlib import Path
from typing import Annotated, Any

import jwt
import shapely
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import AwareDatetime, BaseModel, Field

SECRET = "k" * 32


class Ping(BaseModel):
    """A ping with the bounds that ours has."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    recorded_at: AwareDatetime
    accuracy: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None
    speed: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None
    course: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None
    foreground: bool | None = None
    stopped: bool | None = None
    replayed: bool | None = None
    mocked: bool | None = None


class Batch(BaseModel):
    """Several pings of one device."""

    pings: list[Ping]


class Next(BaseModel):
    """When to ping next."""

    after_seconds: int
    or_moved_meters: int


class Taken(BaseModel):
    """What became of the pings."""

    accepted: int
    late: int
    repeated: int
    rejected: list[int]
    transitions: list[str]
    inside: list[str]
    next_ping: Next


def speaker(authorization: Annotated[str, Header()]) -> str:
    """Return the device that a token is for."""
    try:
        token = authorization.removeprefix("Bearer ")
        device: str = jwt.decode(token, SECRET, algorithms=["HS256"])["sub"]
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    return device


def build(shapes: str) -> Any:
    """Return the app over these zones."""
    areas = shapely.from_wkb(Path(shapes).read_text().split())
    tree = shapely.STRtree(areas)
    shapely.prepare(areas)
    app = FastAPI()

    def taken(pings: list[Ping]) -> Taken:
        for ping in pings:
            point = shapely.Point(ping.longitude, ping.latitude)
            found = tree.query(point, predicate="intersects")
        return Taken(
            accepted=len(pings),
            late=0,
            repeated=0,
            rejected=[],
            transitions=[],
            inside=[f"zone-{one}" for one in found],
            next_ping=Next(after_seconds=300, or_moved_meters=100),
        )

    @app.post("/v1/pings", status_code=202)
    async def take(ping: Ping, _: Annotated[str, Depends(speaker)]) -> Taken:
        return taken([ping])

    @app.post("/v1/pings/batch", status_code=202)
    async def take_all(batch: Batch, _: Annotated[str, Depends(speaker)]) -> Taken:
        return taken(batch.pings)

    return app
