"""Reading requests: bodies with a limit, media types, what the client accepts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request

from kgtwin.errors import MalformedInputError, NotAcceptableError, TooLargeError, UnsupportedMediaTypeError

T = TypeVar("T")

UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError, ArithmeticError)
"""What msgspec raises on bad JSON."""


async def read_body(request: Request, limit: int) -> bytes:
    """The body, as long as it is not over ``limit`` bytes; what is over it is never held.

    Raises:
        TooLargeError: as soon as that is known.
        UnsupportedMediaTypeError: if it is compressed.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaTypeError(f"Content-Encoding {encoding[:40]}", expected="none", remedy="send it as it is")
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(
        f"the body is over {limit} bytes",
        expected=f"at most {limit} bytes",
        remedy="send it in parts, or `kgtwin ingest`",
    )


def media_type(request: Request) -> str:
    """The body's media type, in lower case, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def charset(request: Request) -> str:
    """The body's character set as its media type says, in lower case; empty where it says none."""
    for parameter in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset":
            return value.strip("\"' ").lower()
    return ""


def require_media_type(request: Request, allowed: Sequence[str]) -> str:
    """The body's media type.

    Raises:
        UnsupportedMediaTypeError: if it is none of ``allowed``.
    """
    found = media_type(request)
    if found not in allowed:
        raise UnsupportedMediaTypeError(
            f"Content-Type {found[:80]!r}", expected=" or ".join(allowed), remedy="set the Content-Type header"
        )
    return found


def decode_json(body: bytes, form: type[T]) -> T:
    """A JSON body as a struct.

    Raises:
        MalformedInputError: if it is no JSON, or not of this form.
    """
    try:
        return msgspec.json.decode(body, type=form)
    except UNREADABLE as error:
        text = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise MalformedInputError(f"the body cannot be read: {text}", expected=fields_of(form)) from None


def fields_of(form: type[T]) -> str:
    """What a body of a form holds, in words."""
    names = [field.encode_name for field in msgspec.structs.fields(form)]  # type: ignore[arg-type]
    return "a JSON object with " + ", ".join(names)


def accepts(request: Request, offered: Sequence[str]) -> str:
    """The offered media type that the request likes best; the first where it does not care.

    Raises:
        NotAcceptableError: if it accepts none of them.
    """
    ranges = list(_ranges(request.headers.get("accept", "*/*")))
    ranked = [(max((_quality(one, kind, q) for kind, q in ranges), default=(-1, 0.0)), one) for one in offered]
    good = [(rank[1], -place, one) for place, (rank, one) in enumerate(ranked) if rank[1] > 0]
    if not good:
        raise NotAcceptableError("no form of the answer is acceptable", expected="Accept: " + " or ".join(offered))
    return max(good)[2]


def _ranges(header: str) -> list[tuple[str, float]]:
    """Media ranges and their quality (RFC 9110, 12.5.1); a part that cannot be read is left out."""
    found = []
    for part in header.split(","):
        kind, _, parameters = part.partition(";")
        quality = 1.0
        for parameter in parameters.split(";"):
            name, _, value = parameter.strip().partition("=")
            if name.lower() == "q":
                quality = _number(value)
        if kind.strip():
            found.append((kind.strip().lower(), quality))
    return found or [("*/*", 1.0)]


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _quality(offered: str, accepted: str, quality: float) -> tuple[int, float]:
    """How specifically a range names a media type (-1: not at all), and how much it is wanted."""
    if accepted == offered:
        return 2, quality
    if accepted == offered.partition("/")[0] + "/*":
        return 1, quality
    return (0, quality) if accepted == "*/*" else (-1, 0.0)
