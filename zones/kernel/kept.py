"""Where compiled loops are kept: a directory for these sources, tools and processor."""

import hashlib
import platform
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from types import FunctionType

from numba.core.registry import cpu_target

LIST = "complete"  # written last: the files that are there, with their sizes
SHIPPED = Path(__file__).parent / "__compiled__"  # an image brings its own


class Locator:
    """Tells numba where a loop is kept; unlike with its own, that may be read-only."""

    directory = Path()

    def __init__(self, line: int) -> None:
        self._line = line
        self._directory = Locator.directory

    @classmethod
    def from_function(cls, py_func: FunctionType, _source: str) -> "Locator":
        """Return the place for a loop."""
        return cls(py_func.__code__.co_firstlineno)

    def ensure_cache_path(self) -> None:
        """Make the place; asked before something is written."""
        self._directory.mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        """Return the place."""
        return str(self._directory)

    def get_source_stamp(self) -> str:
        """Return what would be different were it stale: the place is named for it."""
        return ""

    def get_disambiguator(self) -> str:
        """Return what tells a loop from another of its name."""
        return str(self._line)


def edition() -> str:
    """Return a name for all that compiled code depends on.

    A loop in one file has those of others compiled into it, and numba looks at one only.
    """
    digest = hashlib.blake2b(digest_size=16)
    for source in sorted(files(__package__).iterdir(), key=lambda one: one.name):
        if source.name.endswith(".py"):
            digest.update(source.read_bytes())
    tools = [version(name) for name in ("numba", "llvmlite", "numpy")]
    processor = cpu_target.target_context.codegen().magic_tuple()
    digest.update(repr((platform.python_version(), tools, processor)).encode())
    return digest.hexdigest()


def find_kept(*directories: Path) -> Path | None:
    """Return where loops of this edition are whole, in the first that has them."""
    name = edition()
    places = (directory / name for directory in directories)
    return next((place for place in places if _is_whole(place)), None)


def seal(place: Path) -> None:
    """Write down which files are there: the loops are all compiled."""
    (place / LIST).write_text(
        "".join(f"{size} {name}\n" for name, size in _sizes(place))
    )


def _is_whole(place: Path) -> bool:
    try:
        listed = (place / LIST).read_text()
    except OSError:
        return False
    there = {f"{size} {name}" for name, size in _sizes(place)}
    return there.issuperset(listed.splitlines())


def _sizes(place: Path) -> Iterator[tuple[str, int]]:
    for file in sorted(place.iterdir()):
        yield file.name, file.stat().st_size
