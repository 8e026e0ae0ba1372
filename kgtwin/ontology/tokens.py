"""What the readers of texts share: tokens by one pattern with named groups, and a place among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from kgtwin.ontology.nodes import Source


class Token(NamedTuple):
    """``kind`` is the group of the pattern that it is; ``at`` its offset in the text."""

    kind: str
    text: str
    at: int


def tokens(
    source: Source, pattern: re.Pattern[str], end: str, unreadable: Callable[[Source, int], Exception]
) -> Iterator[Token]:
    """The tokens of a text but those of the group ``space``, then one of the kind ``end`` without text.

    >>> pattern = re.compile("(?P<space> )|(?P<word>[ab])")
    >>> found = tokens(Source("t", "a b"), pattern, "the end", lambda source, at: source.error(at, "unreadable"))
    >>> [one.kind for one in found]
    ['word', 'word', 'the end']

    Raises:
        Exception: what ``unreadable`` gives for a place where nothing matches.
    """
    at, text = 0, source.text
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise unreadable(source, at)
        if match.lastgroup != "space":
            yield Token(str(match.lastgroup), match.group(), at)
        at = match.end()
    yield Token(end, "", len(text))


class Cursor:
    """A place among tokens, of which the last is the ``end``; a reader goes on from there, and back if it has to."""

    def __init__(self, source: Source, found: Iterable[Token], end: str) -> None:
        self.source, self.tokens, self.end = source, list(found), end
        self.here = self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.here]

    @property
    def at_end(self) -> bool:
        return self.token.kind == self.end

    def next(self) -> Token:
        """The token here, which is passed unless it is the end."""
        found = self.token
        self.here += not self.at_end
        return found
