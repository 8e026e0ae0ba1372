"""What an entry of a bundle asks for: its method, what it is about, and what must hold (FHIR R4, 3.1.0.11)."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from kgtwin.errors import InvalidResourceError, MalformedInputError
from kgtwin.sources.fhir.datatypes import Element
from kgtwin.sources.fhir.references import ID, Target
from kgtwin.sources.fhir.resource_types import RESOURCE_TYPES

_URL: Final = re.compile(
    r"(?:.*/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9._-]{1,64})(?:/_history/(?P<version>[A-Za-z0-9._-]{1,64}))?/?"
)
_ETAG: Final = re.compile(r'(?:W/)?"([^"\s]{1,128})"')
_WRITES: Final = frozenset({"POST", "PUT", "DELETE", None})
_READS: Final = frozenset({"GET", "HEAD"})


class Request(Element):
    """How an entry is to be applied, or, in a history, how it came about."""

    method: str | None = None
    url: str | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    if_none_exist: str | None = None


class Response(Element):
    """What a server answered: in a history, the version that came about, and when."""

    etag: str | None = None
    last_modified: str | None = None


class Conditions(NamedTuple):
    """The versions that must, and must not, be current; and whether the resource was sent by itself, to hold now."""

    if_match: str | None = None
    if_none_match: str | None = None
    command: bool = False

    def version(self, stated: str | None, content: str) -> str:
        """Which version a resource is: the one that it states, else its content's digest.

        Empty, for the store to name, where it replaces the version that its writer has read and so may still state.
        """
        if self.if_match is not None and self.if_match != "*":
            return stated if stated is not None and _after(stated, self.if_match) else ""
        return stated or ("" if self.command else content)


def _after(stated: str, seen: str) -> bool:
    """Whether a version is a later number; neither has more digits than a FHIR id."""
    return all(one.isdecimal() and ID.fullmatch(one) for one in (stated, seen)) and int(stated) > int(seen)


class Deletion(NamedTuple):
    """A resource that is deleted; by which version and when, as far as that is said."""

    target: Target
    version: str
    updated: str | None


def read_etag(text: str, where: str) -> str:
    """The version that an entity tag names; ``*`` stays.

    Raises:
        InvalidResourceError: if it is no single tag.

    >>> read_etag('W/"3"', "request.ifMatch"), read_etag("*", "request.ifMatch")
    ('3', '*')
    """
    plain = text.strip()
    match = _ETAG.fullmatch(plain)
    if match or plain == "*" or ID.fullmatch(plain):
        return match.group(1) if match else plain
    raise InvalidResourceError("this is no entity tag", where=where, expected='one, such as W/"3", or *')


def etag(version: str) -> str:
    """The weak entity tag of a version, as FHIR writes it.

    >>> etag("3")
    'W/"3"'
    """
    return f'W/"{version}"'


def check_method(request: Request, kind: str | None) -> None:
    """Check that an entry of a bundle of a kind can be applied; None is a resource by itself.

    Raises:
        InvalidResourceError: if its method is no write, or it is conditional on a search.
    """
    method = request.method
    if kind == "history" and method == "PATCH":
        return
    if method not in _WRITES:
        raise _not_applied(method)
    if method == "DELETE" and kind not in {"transaction", "batch", "history", None}:
        raise InvalidResourceError(
            "the method 'DELETE' is not applied in a Bundle of this type",
            where="request.method",
            expected="DELETE in a transaction, batch or history",
        )
    if kind != "history" and method in {"PUT", "DELETE"} and "?" in (request.url or ""):
        raise _conditional("request.url", f"{method} by a search")


def check_not_conditional(request: Request | None, kind: str | None) -> None:
    """Check that a resource with facts is not to be created on condition of a search.

    Raises:
        InvalidResourceError: if it is.
    """
    if request is not None and request.if_none_exist and kind != "history":
        raise _conditional("request.ifNoneExist", "a create on condition of a search")


def conditions(request: Request | None, kind: str | None, command: bool = False) -> Conditions:
    """What must hold for an entry to be applied; in a history all of it has happened already."""
    if request is None or kind == "history":
        return Conditions(command=command)
    return Conditions(
        None if request.if_match is None else read_etag(request.if_match, "request.ifMatch"),
        None if request.if_none_match is None else read_etag(request.if_none_match, "request.ifNoneMatch"),
        command,
    )


def deletion(
    request: Request, response: Response | None, full_url: str | None, kind: str | None, updated: str | None
) -> Deletion:
    """What a DELETE is about. ``updated`` is when its bundle was made, which in a history says nothing of the delete.

    Raises:
        InvalidResourceError: if it names no resource.
    """
    match = _URL.fullmatch(request.url or "") or (_URL.fullmatch(full_url or "") if kind == "history" else None)
    if match is None or match["type"] not in RESOURCE_TYPES:
        raise InvalidResourceError("a DELETE of no resource", where="request.url", expected="Type/id of FHIR R4")
    version = match["version"] or ""
    if kind != "history" and version:
        raise InvalidResourceError(
            "a DELETE of one version", where="request.url", expected="Type/id: versions stay in the history"
        )
    if kind == "history":
        answer = response or Response()
        version = version or (read_etag(answer.etag, "response.etag") if answer.etag else "")
        updated = answer.last_modified
    return Deletion(Target.of(match["type"], match["id"]), version, updated)


def target_in(request: Request) -> Target | None:
    """The resource that a PUT or DELETE names in its URL, where that has the form ``Type/id``.

    >>> target_in(Request(method="PUT", url="http://x/fhir/Condition/7")).name
    'Condition/7'
    """
    match = _URL.fullmatch(request.url or "") if request.method in {"PUT", "DELETE"} else None
    return Target.of(match["type"], match["id"]) if match else None


def target_of(request: Request | None) -> Target | None:
    """The resource that a PUT names."""
    return target_in(request) if request is not None and request.method == "PUT" else None


def check_target(request: Request | None, resource: Any) -> None:
    """Check that a PUT sends the resource that its URL names.

    Raises:
        MalformedInputError: if it does not.
    """
    target = target_of(request)
    if target is None or resource is None:
        return
    if type(resource).__name__ != target.type:
        raise MalformedInputError(f"a {type(resource).__name__}", where="resourceType", expected=target.type)
    if resource.id != target.id:
        raise MalformedInputError(
            "the resource has no id" if resource.id is None else "the id is not the one in the URL",
            where="id",
            expected=target.id,
        )


def _not_applied(method: str | None) -> InvalidResourceError:
    name = (method or "")[:16]
    return InvalidResourceError(
        f"the method {name!r} is not applied",
        where="request.method",
        expected="POST, PUT or DELETE",
        remedy="ask by GraphQL, SPARQL or Cypher" if method in _READS else "send the whole resource with PUT",
    )


def _conditional(where: str, what: str) -> InvalidResourceError:
    return InvalidResourceError(
        f"{what} is not applied: it may mean another resource here than there",
        where=where,
        expected="a resource by its id",
        remedy="find the resource first, and send it as Type/id",
    )
