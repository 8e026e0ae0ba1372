"""Markdown for pull requests: cells that cannot break a table, and lists that end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

ROWS = 50
"""So many rows of a table are shown: a comment on a pull request has a limit of 65,536 characters."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_CODE_SHOWN = 400


def words(text: str) -> str:
    """Text of which nothing is taken for markup, a mention or a row's end.

    >>> words("a|b *c*\\n@d")
    'a\\\\|b \\\\*c\\\\* @<!-- -->d'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("@", "@<!-- -->")


def code(text: str) -> str:
    """Text as code that may stand in a table.

    >>> code("a|b")
    '`a\\\\|b`'
    >>> code("a`b")
    '`` a`b ``'
    """
    line = " ".join(text.split())
    if len(line) > _CODE_SHOWN:
        line = line[:_CODE_SHOWN] + " …"
    line = line.replace("|", "\\|")
    runs = [len(run) for run in re.findall("`+", line)]
    if not runs:
        return f"`{line}`"
    fence = "`" * (max(runs) + 1)
    return f"{fence} {line} {fence}"


def table(names: Sequence[str], rows: Iterable[Sequence[str]], more: str = "rows") -> list[str]:
    """A table of cells that are Markdown already; what is over the limit is counted."""
    every = list(rows)
    lines = [_row(names), _row(["---"] * len(names)), *map(_row, every[:ROWS])]
    left = len(every) - ROWS
    return [*lines, "", f"… and {left} {more} more (`--json` has them all)"] if left > 0 else lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
