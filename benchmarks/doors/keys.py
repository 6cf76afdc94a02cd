"""What the benchmarks sign tokens with."""

from geopush.core.token import TokenRing

RING = TokenRing([b"k" * 32])
