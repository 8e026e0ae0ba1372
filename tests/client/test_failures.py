"""An error that crosses HTTP arrives as what it was."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from kgtwin import errors
from kgtwin.api.errors import InternalError, error_response
from kgtwin.client.failures import failure
from kgtwin.errors import KgtwinError, error_of


def classes(root: type[KgtwinError] = KgtwinError) -> Iterator[type[KgtwinError]]:
    yield root
    for one in root.__subclasses__():
        if one.__module__ == errors.__name__:
            yield from classes(one)


@pytest.mark.parametrize("kind", [*classes()])
def test_each_class_arrives_as_itself(kind: type[KgtwinError]) -> None:
    sent = kind("what happened", where="here", expected="more", remedy="look")
    response = error_response(sent, "/cypher")
    found = failure(response.status_code, dict(response.headers), bytes(response.body), "http://h")
    assert type(found) is kind
    assert (found.to_dict(), found.status, str(found)) == (sent.to_dict(), sent.status, str(sent))
    bare = error_of(kind("x").to_dict())
    assert (type(bare), bare.where, bare.expected, bare.remedy) == (kind, None, None, None)


def test_a_code_that_is_none_of_ours_keeps_its_word() -> None:
    sent = InternalError("internal error 0af1", remedy="give this id to whoever runs the service")
    found = error_of(sent.to_dict())
    assert (type(found), found.to_dict()) == (KgtwinError, sent.to_dict())


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'{"error": null}', b'{"error": {"code": 1}}', b"\xff", b"[" * 99_999]
)
def test_a_body_that_is_no_error_of_ours_is_judged_by_its_status(body: bytes) -> None:
    assert [failure(status, {}, body, "http://h").code for status in (302, 401, 403, 404, 429, 500, 503)] == [
        "store", "store-authentication", "forbidden", "store", "store-unavailable", "store", "store-unavailable"
    ]  # fmt: skip


def test_an_error_s_text_may_hold_anything() -> None:
    body = msgspec.json.encode({"error": {"code": "usage", "message": "ü\n\x00", "where": 7, "more": [1]}})
    assert failure(400, {}, body, "http://h").to_dict() == {"code": "usage", "message": "ü\n\x00", "where": "7"}
