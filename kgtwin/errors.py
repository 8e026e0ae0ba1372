"""Every error that kgtwin raises, drawn as a tree.

```
KgtwinError
├── UsageError                  the command or the call is wrong
│   ├── TooLargeError           a request's body is over its limit
│   ├── UnsupportedMediaTypeError
│   ├── NotAcceptableError      no form of the answer is one that the request accepts
│   └── ForbiddenError          a request that came from another site, or to another host
├── NotFoundError               no such patient, issue, concept
├── InputError                  received data is wrong: file, entry, field, expected, remedy
│   ├── MalformedInputError     not JSON, truncated, empty
│   ├── InvalidResourceError    JSON, but not the FHIR it says it is
│   ├── InvalidIdentifierError  a check digit or a syntax that does not hold
│   ├── UnresolvedReferenceError
│   ├── VersionConflictError    the same version with other content
│   └── PreconditionFailedError the current version is not the one that the writer had seen (If-Match)
├── TerminologyError            a mapping file or a unit table is wrong
├── OntologyError
│   ├── OntologySyntaxError     file, line, column
│   ├── MissingImportError
│   ├── InconsistentOntologyError
│   └── ReasonerMemoryError     the axioms entail more than the memory limit allows
├── StoreError
│   ├── StoreLockedError        another process holds it
│   ├── StoreUnavailableError   no server answers, or it went away
│   ├── StoreAuthenticationError
│   ├── StoreCorruptError
│   ├── StoreFullError          its disk has too little room left to write safely
│   ├── FeedCompactedError      what changed after that revision is no longer told
│   ├── QueryRejectedError      not read-only, not parsable, over a limit
│   └── QueryTimeoutError
├── EmbeddingError
└── MissingExtraError           an optional package is not installed
```

An error says what happened (``message``), where (``where``), what was expected
(``expected``) and what to do (``remedy``). None of them carries patient data beyond
resource ids: they may be logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class KgtwinError(Exception):
    """The root. ``code`` is stable and machine readable; ``status`` is its HTTP status.

    >>> error = StoreLockedError("the store is in use", where="twin.lbdb", remedy="stop the other process")
    >>> print(error)
    twin.lbdb: the store is in use; stop the other process
    >>> error.to_dict()["code"]
    'store-locked'
    """

    code = "error"
    status = 500

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.expected = expected
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        if self.expected:
            text += f"; expected {self.expected}"
        return f"{text}; {self.remedy}" if self.remedy else text

    def to_dict(self) -> dict[str, Any]:
        """The fields that are set, as plain values."""
        fields = {
            "code": self.code,
            "message": self.message,
            "where": self.where,
            "expected": self.expected,
            "remedy": self.remedy,
        }
        return {name: value for name, value in fields.items() if value is not None}


class UsageError(KgtwinError):
    code = "usage"
    status = 400


class TooLargeError(UsageError):
    code = "too-large"
    status = 413


class UnsupportedMediaTypeError(UsageError):
    code = "unsupported-media-type"
    status = 415


class NotAcceptableError(UsageError):
    code = "not-acceptable"
    status = 406


class ForbiddenError(UsageError):
    code = "forbidden"
    status = 403


class NotFoundError(KgtwinError):
    code = "not-found"
    status = 404


class InputError(KgtwinError):
    code = "invalid-input"
    status = 422


class MalformedInputError(InputError):
    code = "malformed"
    status = 400


class InvalidResourceError(InputError):
    code = "invalid-resource"


class InvalidIdentifierError(InputError):
    code = "invalid-identifier"


class UnresolvedReferenceError(InputError):
    code = "unresolved-reference"


class VersionConflictError(InputError):
    code = "version-conflict"
    status = 409


class PreconditionFailedError(InputError):
    code = "precondition-failed"
    status = 412


class TerminologyError(KgtwinError):
    code = "terminology"


class OntologyError(KgtwinError):
    code = "ontology"


class OntologySyntaxError(OntologyError):
    """A file that does not parse; ``where`` reads ``file:line:column``."""

    code = "ontology-syntax"


class MissingImportError(OntologyError):
    code = "missing-import"


class InconsistentOntologyError(OntologyError):
    code = "inconsistent-ontology"


class ReasonerMemoryError(OntologyError):
    code = "reasoner-memory"
    status = 507


class StoreError(KgtwinError):
    code = "store"


class StoreLockedError(StoreError):
    code = "store-locked"
    status = 503


class StoreUnavailableError(StoreError):
    code = "store-unavailable"
    status = 503


class StoreAuthenticationError(StoreError):
    code = "store-authentication"


class StoreCorruptError(StoreError):
    code = "store-corrupt"


class StoreFullError(StoreError):
    code = "store-full"
    status = 507


class FeedCompactedError(StoreError):
    code = "feed-compacted"
    status = 410


class QueryRejectedError(StoreError):
    code = "query-rejected"
    status = 400


class QueryTimeoutError(StoreError):
    code = "query-timeout"
    status = 503


class EmbeddingError(KgtwinError):
    code = "embedding"


class MissingExtraError(KgtwinError):
    """An optional package is not installed; ``remedy`` is the command that installs it."""

    code = "missing-extra"
    status = 501


def error_of(fields: Mapping[str, Any]) -> KgtwinError:
    """The error that ``to_dict`` described: of the same class where its code is one of these, else of the root.

    >>> error_of({"code": "store-locked", "message": "the store is in use", "where": "twin.lbdb"})
    StoreLockedError('the store is in use')
    """
    given = {name: str(fields[name]) for name in ("where", "expected", "remedy") if fields.get(name) is not None}
    code = str(fields.get("code"))
    kind = _classes(KgtwinError).get(code)
    error = (kind or KgtwinError)(str(fields.get("message")), **given)
    if kind is None:
        error.code = code
    return error


def _classes(root: type[KgtwinError]) -> dict[str, type[KgtwinError]]:
    """The classes of this module by their codes; where two share one, the root's."""
    found = {root.code: root} if root.__module__ == __name__ else {}
    for kind in root.__subclasses__():
        found = {**_classes(kind), **found}
    return found
