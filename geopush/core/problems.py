"""Noting what is wrong: words nobody knows, and what was most likely meant."""

from collections.abc import Collection
from difflib import get_close_matches

from zones import Problem

MOST_HELPED = 100  # so many are shown; looking for what was meant takes time


def note_unknown(
    problems: list[Problem],
    path: str,
    code: str,
    what: str,
    word: str,
    known: Collection[str],
) -> None:
    """Note a word that is not among those known here, and what it may have meant."""
    shown, meant, hint = word[:100], None, "remove it"
    if len(problems) < MOST_HELPED:
        meant = nearest(shown, known)
        hint = f"known: {quoted(sorted(known))}" if meant is None else f'try "{meant}"'
    text = f'"{shown}" is no {what} here; {hint}'
    problems.append(Problem(path, code, text, suggestion=meant))


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word somebody most likely meant."""
    return next(iter(get_close_matches(word[:100], sorted(known), 1, 0.6)), None)


def quoted(words: Collection[str]) -> str:
    """Return words as people list them: "a", "b", "c"."""
    return ", ".join(f'"{word}"' for word in words)
