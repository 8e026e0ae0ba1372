"""What became of each entry, as FHIR's transaction-response and batch-response."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from kgtwin.api.outcome import information, issue_of, outcome, position, status_of
from kgtwin.api.requests import UNREADABLE
from kgtwin.model.problem import Problem
from kgtwin.model.submission import Outcome, Receipt
from kgtwin.sources.fhir.references import entry_id
from kgtwin.sources.fhir.requests import Request, etag, target_in

STATUS_LINES: Final = {
    200: "200 OK",
    201: "201 Created",
    400: "400 Bad Request",
    409: "409 Conflict",
    412: "412 Precondition Failed",
    422: "422 Unprocessable Entity",
}
_NOTES: Final = {
    Outcome.HISTORY: "an older version than the current one: kept as history",
    Outcome.UNCHANGED: "this version was received before: nothing changed",
    Outcome.RETRACTED: "entered in error: what it stated no longer counts",
    Outcome.DELETED: "deleted: what it stated no longer counts, and stays in the history",
    Outcome.SUPERSEDED: "supersedes the version received before",
}
NO_FACTS: Final = "its type carries no facts about a patient: it was counted, not stored"


class _Resource(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: Any = None
    id: Any = None


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    full_url: Any = None
    resource: _Resource | None = None
    request: Request | None = None


class _Bundle(msgspec.Struct, frozen=True):
    entry: list[msgspec.Raw] | None = None


_PRINTABLE: Final = re.compile(r"[!#-~]{1,128}")
_BUNDLE: Final = msgspec.json.Decoder(_Bundle)
_ENTRY: Final = msgspec.json.Decoder(_Entry)


def answer_bundle(data: bytes, kind: str, receipt: Receipt) -> tuple[int, dict[str, Any]]:
    """The response Bundle to a bundle; of any type but a transaction, each entry stands for itself."""
    names = entry_names(data)
    mine = _by_entry(receipt.problems, names)
    form = "transaction-response" if kind == "transaction" else "batch-response"
    entries = [_entry(name, mine.get(index, []), receipt) for index, name in enumerate(names)]
    return 200, {"resourceType": "Bundle", "type": form, "entry": entries}


def answer_resource(receipt: Receipt) -> tuple[int, dict[str, Any]]:
    """The OperationOutcome to a single resource, or to a Bundle that does not say what kind it is."""
    names = [*receipt.written, *(f"{kind}/" for kind in receipt.counted)]
    name = names[0] if names else None
    alone = not names or (len(names) == 1 and receipt.written.get(names[0]) is Outcome.CONFLICT)
    status = _status(name, receipt.problems if alone else (), receipt)
    return status, _outcome(name, receipt.problems, receipt)


def entry_names(data: bytes) -> list[str | None]:
    """For each entry of a bundle its resource as ``Type/id``; None where it has neither an id nor a fullUrl.

    >>> entry_names(b'{"entry": [{"fullUrl": "urn:uuid:0a", "resource": {"resourceType": "Patient"}}, 7]}')
    ['Patient/0a', None]
    """
    try:
        return [_name(raw) for raw in _BUNDLE.decode(data.removeprefix(b"\xef\xbb\xbf")).entry or []]
    except UNREADABLE:
        return []


def _name(raw: msgspec.Raw) -> str | None:
    try:
        entry = _ENTRY.decode(raw)
    except UNREADABLE:
        return None
    resource, request = entry.resource or _Resource(), entry.request or Request()
    named = target_in(request)
    if request.method == "DELETE" or (resource.id is None and named):
        return named.name if named else None
    kind, given, url = resource.resource_type, resource.id, entry.full_url
    found = entry_id(url if isinstance(url, str) else None, given if isinstance(given, str) else None)
    return f"{kind}/{found}" if isinstance(kind, str) and found else None


def _by_entry(problems: Sequence[Problem], names: Sequence[str | None]) -> dict[int, list[Problem]]:
    """The problems of each entry: those found in it, and those that the store had with its resource."""
    found: dict[int, list[Problem]] = {}
    for problem in problems:
        index = position(problem.location)
        if index is not None:
            found.setdefault(index, []).append(problem)
        elif problem.location.resource in names:
            found.setdefault(names.index(problem.location.resource), []).append(problem)
    return found


def _entry(name: str | None, problems: Sequence[Problem], receipt: Receipt) -> dict[str, Any]:
    status = _status(name, problems, receipt)
    response: dict[str, Any] = {"status": STATUS_LINES[status]}
    if name in receipt.written and status < 300:
        response |= {"location": name} | etag_of(name, receipt, "etag")
    return {"response": {**response, "outcome": _outcome(name, problems, receipt)}}


def etag_of(name: str, receipt: Receipt, key: str) -> dict[str, str]:
    """The entity tag of the version that a resource was recorded as, where there is one that can be written."""
    version = None if receipt.written.get(name) is Outcome.CONFLICT else receipt.versions.get(name)
    return {key: etag(version)} if version is not None and _PRINTABLE.fullmatch(version) else {}


def _status(name: str | None, problems: Sequence[Problem], receipt: Receipt) -> int:
    if any(problem.rejected for problem in problems):
        return status_of(problems)
    new = name is not None and receipt.written.get(name) is Outcome.CREATED
    return 201 if new else 200


def _outcome(name: str | None, problems: Sequence[Problem], receipt: Receipt) -> dict[str, Any]:
    issues = [issue_of(problem) for problem in problems]
    became = receipt.written.get(name) if name is not None else None
    if became in _NOTES:
        issues.append(information(_NOTES[became]))
    if became is None and name is not None and name.partition("/")[0] in receipt.counted and not problems:
        issues.append(information(NO_FACTS, "not-supported"))
    return outcome(issues)
