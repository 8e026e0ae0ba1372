"""Content negotiation."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from kgtwin.api.requests import accepts
from kgtwin.errors import NotAcceptableError

OFFERED = ["a/x", "a/y", "b/z"]


def request(accept: str | None) -> Request:
    headers = [] if accept is None else [(b"accept", accept.encode("latin-1", "replace"))]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b""})


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "a/x"),
        ("", "a/x"),
        ("*/*", "a/x"),
        ("b/z", "b/z"),
        ("A/Y", "a/y"),
        ("a/*, b/z;q=0.9", "a/x"),
        ("a/*;q=0.5, b/z;q=0.9", "b/z"),
        ("a/x;q=0, a/*", "a/y"),
        ("*/*;q=0.1, a/y", "a/y"),
        ("a/x;q=many, b/z;q=0.1", "b/z"),
        ("b/z ; level=1; Q=0.3, nonsense", "b/z"),
    ],
)
def test_what_is_liked_best(accept: str | None, expected: str) -> None:
    assert accepts(request(accept), OFFERED) == expected


@pytest.mark.parametrize("accept", ["c/c", "*/*;q=0", "a/x;q=0", "nonsense"])
def test_what_is_not_acceptable(accept: str) -> None:
    with pytest.raises(NotAcceptableError):
        accepts(request(accept), OFFERED)


@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_any_header_is_answered(accept: str) -> None:
    with contextlib.suppress(NotAcceptableError):
        assert accepts(request(accept), OFFERED) in OFFERED
