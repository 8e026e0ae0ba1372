"""Numbers with their nouns."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """A number with its noun, in the plural where that is right.

    >>> counted(1, "axiom"), counted(2, "class"), counted(0, "object property")
    ('1 axiom', '2 classes', '0 object properties')
    """
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + ("es" if noun.endswith("s") else "s")
    return f"{count} {noun if count == 1 else plural}"
