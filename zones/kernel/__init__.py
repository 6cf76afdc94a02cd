"""The compiled inner loops. The only package that knows numba; all works without it."""

import importlib

import numba

PARTS = {
    "encode": ("encode", "on_face"),
    "search": ("search", "candidates"),
    "build": ("stripe_all", "cover_all", "rehash", "insert_all"),
}


def load(cache: str) -> dict[str, object]:
    """Return the compiled loops by name; what they compile to is kept in a directory."""
    numba.config.CACHE_DIR = cache
    return {
        name: getattr(importlib.import_module(f"zones.kernel.{part}"), name)
        for part, names in PARTS.items()
        for name in names
    }
