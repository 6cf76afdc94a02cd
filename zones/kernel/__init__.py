"""The compiled inner loops. The only package that knows numba; all works without it."""

import hashlib
import importlib
from importlib.resources import files
from pathlib import Path

import numba

PARTS = {
    "encode": ("encode", "on_face"),
    "search": ("search", "candidates"),
    "stripes": ("stripe_all",),
    "cover": ("cover_all",),
    "insert": ("rehash", "insert_all"),
}


def load(directory: str) -> dict[str, object]:
    """Return the compiled loops by name; what they compile to is kept in a directory."""
    numba.config.CACHE_DIR = str(Path(directory, _edition()))
    return {
        name: getattr(importlib.import_module(f"zones.kernel.{part}"), name)
        for part, names in PARTS.items()
        for name in names
    }


def _edition() -> str:
    """Return a name for these very sources.

    A loop in one file has those of others compiled into it, and numba looks at one only.
    """
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted(files(__package__).iterdir(), key=lambda one: one.name):
        if source.name.endswith(".py"):
            digest.update(source.read_bytes())
    return digest.hexdigest()
