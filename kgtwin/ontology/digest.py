"""What identifies the content of ontology files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_MARK = b"\xef\xbb\xbf"


def content_hash(content: bytes) -> bytes:
    """SHA-256 of a file without its byte order mark and with ``\\n`` for ``\\r\\n``.

    >>> content_hash(b"a\\r\\nb") == content_hash(b"\\xef\\xbb\\xbfa\\nb")
    True
    """
    plain = content.removeprefix(_MARK)
    if b"\r" in plain:  # much faster than to look for both
        plain = plain.replace(b"\r\n", b"\n")
    return hashlib.sha256(plain).digest()


def digest_of(hashes: Iterable[bytes]) -> str:
    """The digest of several contents, whatever their order."""
    return hashlib.sha256(b"".join(sorted(hashes))).hexdigest()


def digest_of_files(names: Iterable[str]) -> str:
    """The digest of the contents of files.

    Raises:
        OSError: one cannot be read.
    """
    return digest_of(content_hash(Path(name).read_bytes()) for name in names)
