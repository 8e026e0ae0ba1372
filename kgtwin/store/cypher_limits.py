"""What a Cypher query may cost to plan: neither store stops a planner, and deep nesting ends Ladybug's process.

Measured on an empty store: Ladybug 0.22 takes 4 s to plan 20 nested CASE, 7 s for a pattern of 20 steps, 6 s for 5,000
additions, and crashes on 2,000 nested lists; the limits keep each under 2 s.
"""

from __future__ import annotations

import re
from typing import Final

from kgtwin.errors import QueryRejectedError
from kgtwin.store.cypher_tokens import keyword

MAX_TOKENS: Final = 5_000
MAX_DEPTH: Final = 32
MAX_CASES: Final = 12
MAX_STEPS: Final = 14
MAX_HOPS: Final = 30
"""What Ladybug allows too."""

_OPEN: Final = frozenset("([{")
_CLOSE: Final = frozenset(")]}")
_RANGE: Final = re.compile(r"(?:(\d+)?\.\.)?(\d+)?")
_QUANTIFIER: Final = re.compile(r"\{(?:(\d+)|(\d*),(\d*))\}")


def check_size(words: list[str]) -> None:
    """Refuse a query of too many tokens, or nested too deeply.

    Raises:
        QueryRejectedError: if it is.
    """
    if len(words) > MAX_TOKENS:
        what = f"the query has {len(words)} words and signs"
        raise _refusal(what, f"at most {MAX_TOKENS}", "pass lists as parameters")
    depth = cases = 0
    for position, word in enumerate(words):
        depth += (word in _OPEN) - (word in _CLOSE)
        if word.upper() in {"CASE", "END"}:
            cases += {"CASE": 1, "END": -1, "": 0}[keyword(words, position)]
        if depth > MAX_DEPTH or cases > MAX_CASES:
            raise _refusal("the query is nested too deeply", f"at most {MAX_DEPTH} brackets and {MAX_CASES} CASE")


def check_paths(words: list[str]) -> None:
    """Refuse patterns of too many steps, and paths without an upper bound.

    Raises:
        QueryRejectedError: if there is one.
    """
    steps = sum(_is_step(words, position) for position in range(len(words)))
    if steps > MAX_STEPS:
        raise _refusal(f"patterns of {steps} relationships", f"at most {MAX_STEPS}", "ask in several queries")
    for position, word in enumerate(words):
        if word == "[" and words[position - 1 : position] == ["-"]:
            _check_hops(words[position + 1 :])
        elif word in {"+", "*", "{"}:
            _check_quantifier(words, position)


def _is_step(words: list[str], position: int) -> bool:
    return words[position] == "-" and words[position + 1 : position + 2] in (["["], ["-"])


def _check_hops(words: list[str]) -> None:
    """The ``*`` of a relationship's brackets, and the range behind it (and behind words such as ``SHORTEST``)."""
    depth = 0
    for position, word in enumerate(words):
        if word == "]" and depth == 0:
            return
        depth += (word in _OPEN) - (word in _CLOSE)
        if word == "*" and depth == 0:
            _check_bound(_range_after(words[position + 1 :]))
            return


def _range_after(words: list[str]) -> str:
    rest = list(words)
    while rest and (rest[0].isalpha() or rest[0] == "("):
        end = rest.index(")") if rest[0] == "(" and ")" in rest else 0
        rest = rest[end + 1 :]
    found = ""
    for word in rest:
        if not (word.isdecimal() or word == "."):
            break
        found += word
    return found


def _check_bound(text: str) -> None:
    match = _RANGE.fullmatch(text)
    upper = match.group(2) if match else None
    if upper is None:
        raise _refusal("a path without an upper bound", f"at most {MAX_HOPS} steps", f"write *1..{MAX_HOPS}")
    if int(upper[:9]) > MAX_HOPS:
        raise _refusal(f"a path of up to {upper[:9]} steps", f"at most {MAX_HOPS}", f"write *1..{MAX_HOPS}")


def _check_quantifier(words: list[str], position: int) -> None:
    """Neo4j's ``+``, ``*`` and ``{1,5}`` behind a relationship or a pattern in brackets."""
    before = words[max(position - 2, 0) : position]
    arrow = before in (["-", ">"], ["]", "-"], ["-", "-"])
    if not arrow and not (before[-1:] == [")"] and _closes_pattern(words, position - 1)):
        return
    if words[position] != "{":
        _check_bound("")
    match = _QUANTIFIER.match("".join(words[position : position + 5]))
    if match:
        _check_bound(match.group(1) or f"..{match.group(3)}")


def _closes_pattern(words: list[str], position: int) -> bool:
    """Whether the bracket that closes here holds a relationship."""
    depth = 0
    for start in range(position, -1, -1):
        depth += (words[start] == ")") - (words[start] == "(")
        if depth == 0:
            return any(_is_step(words, inner) for inner in range(start, position))
    return False


def _refusal(message: str, expected: str, remedy: str | None = None) -> QueryRejectedError:
    return QueryRejectedError(message, expected=expected, remedy=remedy)
