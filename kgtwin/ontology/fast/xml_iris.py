"""Which references are IRIs already, so that no resolution changes them, and which are easily joined to a base."""

# ruff: noqa: SIM110 - Numba has no generators
from __future__ import annotations

from kgtwin.jit import inlined, part
from kgtwin.model.axiom_table import Bytes
from kgtwin.ontology.fast.words import byte
from kgtwin.ontology.fast.xml_characters import NAME_KIND, stands, word

ANY_SCHEME, OTHER_SCHEMES, WEB_SCHEMES = range(3)
"""What is taken as it is: everything with a scheme (OWL/XML); what ``urljoin`` leaves alone, with a base in ``http`` or
without a base; the same with another base."""

_HTTP = word("http://")
_HTTPS = word("https://")
_HTTP_SCHEME = word("http:")
_HTTPS_SCHEME = word("https:")


@inlined
def is_web(content: Bytes, at: int) -> bool:
    """Whether ``http://`` or ``https://`` and a letter or digit stands at a place; nine bytes are there."""
    at = at + 7 if stands(content, at, _HTTP, 7) else at + 8 if stands(content, at, _HTTPS, 8) else at
    return NAME_KIND[byte(content, at)] != 0 and byte(content, at - 1) == 47


@part
def is_absolute(pool: Bytes, begin: int, end: int, schemes: int) -> bool:
    """Whether an IRI is one that resolution leaves as it is."""
    if schemes == ANY_SCHEME:
        return _has_colon(pool, begin, end)
    for k in range(begin, end):
        if pool[k] <= 32:
            return False
    at = begin + 7 if stands(pool, begin, _HTTP, 7) else begin + 8 if stands(pool, begin, _HTTPS, 8) else begin
    if at == begin:
        return schemes == OTHER_SCHEMES and _has_scheme(pool, begin, end)
    start = at
    while at < end and (NAME_KIND[pool[at]] or pool[at] == 58):
        at += 1
    if at == start or at > end:
        return False
    return at == end or (pool[at] in (47, 63, 35) and _has_plain_path(pool, at, end))


@part
def _has_colon(pool: Bytes, begin: int, end: int) -> bool:
    """Whether a colon stands before the first slash."""
    for k in range(begin, end):
        if pool[k] == 58 or pool[k] == 47:
            return bool(pool[k] == 58)
    return False


@part
def _has_scheme(pool: Bytes, begin: int, end: int) -> bool:
    """Whether it begins with a scheme in lower case other than ``http`` and ``https``, and has no odd characters."""
    at = begin
    while at < end and (97 <= pool[at] <= 122 or (at > begin and (48 <= pool[at] <= 57 or pool[at] in (43, 45, 46)))):
        at += 1
    if (
        at == begin
        or at == end
        or pool[at] != 58
        or stands(pool, begin, _HTTP_SCHEME, 5)
        or stands(pool, begin, _HTTPS_SCHEME, 6)
    ):
        return False
    for k in range(at, end):
        if pool[k] >= 127 or pool[k] in (91, 93):
            return False
    return True


@part
def _has_plain_path(pool: Bytes, at: int, end: int) -> bool:
    """No parameters and no empty part, which ``urljoin`` would drop; a final ``#`` is kept."""
    query = False
    while at < end:
        value = pool[at]
        if value == 35:
            return True
        if value == 59 and not query:
            return False
        if value == 63 and not query:
            query = True
            if at + 1 == end or pool[at + 1] == 35:
                return False
        at += 1
    return True


@part
def is_word(content: Bytes, begin: int, end: int) -> bool:
    """Whether a reference is letters, digits, ``-`` and ``_`` alone: then it goes behind the base's last slash."""
    for k in range(begin, end):
        if not NAME_KIND[byte(content, k)] or content[k] == 46:
            return False
    return end > begin
