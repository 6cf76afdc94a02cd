"""From longitude and latitude to the sphere, and to the face of the icosahedron."""

import numpy as np
from numpy.typing import NDArray

from zones.kernel.jit import Floats, Longs, Words, compiled

# sin and cos up to 45 degrees (Cephes): the error is below one unit in the last place.
S1, S2, S3 = (
    -1.66666666666666307295e-1,
    8.33333333332211858878e-3,
    -1.98412698295895385996e-4,
)
S4, S5, S6 = (
    2.75573136213857245213e-6,
    -2.50507477628578072866e-8,
    1.58962301576546568060e-10,
)
C1, C2, C3 = (
    4.16666666666665929218e-2,
    -1.38888888888730564116e-3,
    2.48015872888517045348e-5,
)
C4, C5, C6 = (
    -2.75573141792967388112e-7,
    2.08757008419747316778e-9,
    -1.13585365213876817300e-11,
)
RADIAN = np.pi / 180
SEVERAL = 50  # in the table of squares: all faces are to be compared


@compiled
def sine_and_cosine(degrees: float) -> tuple[float, float]:
    """Return sine and cosine of -180 to 180 degrees."""
    quarter = np.rint(degrees / 90.0)
    x = (degrees - 90.0 * quarter) * RADIAN
    z = x * x
    s = x + x * z * (S1 + z * (S2 + z * (S3 + z * (S4 + z * (S5 + z * S6)))))
    c = (
        1.0
        - 0.5 * z
        + z * z * (C1 + z * (C2 + z * (C3 + z * (C4 + z * (C5 + z * C6)))))
    )
    odd = abs(quarter) == 1.0
    half = abs(quarter) == 2.0
    sine = c * quarter if odd else (-s if half else s)
    cosine = -s * quarter if odd else (-c if half else c)
    return sine, cosine


@compiled
def to_sphere(lons: Floats, lats: Floats, x: Floats, y: Floats, z: Floats) -> None:
    """Put places on the unit sphere; what is no place on the Earth is put anywhere."""
    for i in range(len(lons)):
        lon, lat = lons[i], lats[i]
        real = (abs(lon) <= 180.0) & (abs(lat) <= 90.0)
        lon = lon if real else 0.0
        lat = lat if real else 0.0
        sin_lon, cos_lon = sine_and_cosine(lon)
        sin_lat, cos_lat = sine_and_cosine(lat)
        x[i], y[i], z[i] = cos_lat * cos_lon, cos_lat * sin_lon, sin_lat


@compiled
def face_of(centers: Floats, x: float, y: float, z: float) -> int:
    """Return the face whose middle is nearest."""
    face, best = 0, -2.0
    for f in range(20):
        dot = x * centers[3 * f] + y * centers[3 * f + 1] + z * centers[3 * f + 2]
        if dot > best:
            face, best = f, dot
    return face


@compiled
def faces_of(
    centers: Floats,
    squares: NDArray[np.int8],
    pairs: Longs,
    lons: Floats,
    lats: Floats,
    x: Floats,
    y: Floats,
    z: Floats,
    faces: Words,
) -> None:
    """Find the face of each place.

    Most squares of a degree lie on one face, and most others on two.
    """
    for i in range(len(x)):
        lon, lat = lons[i], lats[i]
        real = (abs(lon) <= 180.0) & (abs(lat) <= 90.0)
        row = int(lat + 90.0 if real else 90.0)
        face = int(squares[361 * row + int(lon + 180.0 if real else 180.0)])
        if face == SEVERAL:
            face = face_of(centers, x[i], y[i], z[i])
        elif face >= 20:
            f, g = pairs[2 * face - 40], pairs[2 * face - 39]
            dot = x[i] * centers[3 * f] + y[i] * centers[3 * f + 1]
            other = x[i] * centers[3 * g] + y[i] * centers[3 * g + 1]
            dot += z[i] * centers[3 * f + 2]
            other += z[i] * centers[3 * g + 2]
            face = int(g if other > dot else f)
        faces[i] = np.uint32(face)
