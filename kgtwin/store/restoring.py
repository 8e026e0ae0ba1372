"""Restoring from whatever holds a whole store: a backup, a Parquet export, or N-Quads with the store's records."""

from __future__ import annotations

from pathlib import Path

from kgtwin.store import backup
from kgtwin.store.backup import Summary, Told
from kgtwin.store.base import GraphStore


async def load(path: Path, store: GraphStore, *, told: Told = lambda done, of: None) -> Summary:
    """Restore into an open, empty store, and compare the digest of what is there then.

    Raises:
        MalformedInputError: if the file or folder is not whole, or was changed; nothing is written.
        UsageError: if it cannot be read, or the store is not empty; nothing is written.
        StoreError: if what was restored is not what was saved.
    """
    if path.is_dir():  # noqa: ASYNC240 - one look
        from kgtwin.store import parquet  # noqa: PLC0415 - a backup needs no more than itself

        return await parquet.load(path, store, told=told)
    from kgtwin.store import nquads  # noqa: PLC0415

    chosen = nquads.load if nquads.is_nquads(path) else backup.load
    return await chosen(path, store, told=told)
