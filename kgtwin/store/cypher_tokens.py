"""A Cypher query as tokens, as both stores read it, for the guard of the Cypher door."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from kgtwin.errors import QueryRejectedError

_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+|//[^\r\n]*|/\*.*?\*/)
      | (?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
      | (?P<name>`(?:``|[^`])*`)
      | (?P<number>\d+)
      | (?P<word>[^\W\d]\w*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u+([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[uU])")
_AFTER_LABEL: Final = frozenset(")]|{:&},*")
_BEFORE_NAME: Final = frozenset({".", "$", ":", "|", "&", "!", "{", ",", "AS"})
"""Behind these an ``AS`` is a name itself: ``n.as LOAD``, ``1 AS as LOAD``."""
_BEFORE_DOT: Final = re.compile(r"[^\W\d]\w*|`.*`|[)\]}{,]", re.DOTALL)


def without_comments(query: str) -> str:
    """The query as both stores read it: what counts as a comment is decided here alone.

    >>> without_comments("MATCH (n) /* all */ RETURN n.url = 'http://x' // end")
    "MATCH (n)   RETURN n.url = 'http://x'  "
    """
    return "".join(" " if m.lastgroup == "skip" else m.group() for m in _TOKEN.finditer(query))


def tokens(text: str) -> list[str]:
    """Words, numbers, quoted names and punctuation; a literal text as ``''``.

    A number ends where its digits do: Ladybug reads ``1LOAD`` as ``1`` and ``LOAD``.

    >>> tokens("RETURN 1LOAD, 'CREATE'")
    ['RETURN', '1', 'LOAD', ',', "''"]
    """
    found = (m for m in _TOKEN.finditer(text) if m.lastgroup != "skip")
    return ["''" if m.lastgroup == "text" else m.group() for m in found]


def check_characters(query: str) -> None:
    """Refuse what is read otherwise than it looks.

    Neo4j reads ``\\u`` escapes before it finds tokens, Ladybug within texts alone. An escape of a letter beyond ASCII
    means the same to both; one of an ASCII character could be a quote or a keyword.

    Raises:
        QueryRejectedError: if there is such an escape, or an invisible character outside texts and names.
    """
    for match in _ESCAPE.finditer(query):
        code = match.group(1) or match.group(2)
        if code is None or not _is_harmless(int(code, 16)):
            raise QueryRejectedError(
                f"the escape {match.group()} in the query", remedy="write the character itself, or use a parameter"
            )
    for found in _TOKEN.finditer(query):
        if found.lastgroup == "other" and unicodedata.category(found.group()) in {"Cf", "Cc", "Cs", "Co", "Cn"}:
            raise QueryRejectedError(
                f"an invisible character U+{ord(found.group()):04X} outside a text", remedy="remove it"
            )


def _is_harmless(code: int) -> bool:
    return 0x7F < code <= 0x10FFFF and chr(code).isprintable() and not chr(code).isspace()


def keyword(words: list[str], position: int) -> str:
    """The keyword that a token may be, in capitals; empty where it is a name, a number or punctuation.

    Words in other scripts' letters that look or fold like a keyword count as that keyword.

    >>> keyword(["MATCH", "(", "n", ":", "Set", ")", "set"], 4), keyword(["set"], 0)
    ('', 'SET')
    """
    word = words[position]
    if not (word[0].isalpha() or word[0] == "_") or is_name(words, position):
        return ""
    return unicodedata.normalize("NFKC", word).upper()


def is_name(words: list[str], position: int) -> bool:
    """Whether a word's place says that it is a property, a parameter, a label, an alias or a map's key."""
    before = words[position - 1] if position else ""
    after = words[position + 1] if position + 1 < len(words) else ""
    if before == ".":
        return position > 1 and _BEFORE_DOT.fullmatch(words[position - 2]) is not None
    return (
        before == "$"
        or (before.upper() == "AS" and position > 1 and words[position - 2].upper() not in _BEFORE_NAME)
        or (before in {":", "|", "&", "!"} and after in _AFTER_LABEL)
        or (after == ":" and before in {"{", ","})
    )
