"""``kgtwin.connect``: which kind of connection an address asks for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from kgtwin.client.connection import Connection
from kgtwin.client.local import LocalConnection
from kgtwin.client.remote import RemoteConnection
from kgtwin.config import Secret, Settings
from kgtwin.errors import UsageError

_SERVICE = ("http://", "https://")


def connect(
    store: str | None = None,
    *,
    user: str | None = None,
    password: str | None = None,
    database: str | None = None,
    ontology: str | Path | None = None,
    token: str | None = None,
    ca: str | Path | None = None,
) -> Connection:
    """Open a store for reading, or ask a running ``kgtwin serve`` for it (``http://…``, ``https://…``).

    What is not given comes from the ``KGTWIN_*`` variables. ``user``, ``password``, ``database`` and ``ontology`` are
    for a store that is opened here; ``token`` (a bearer token) and ``ca`` (a file of certificates to trust instead of
    the system's) for a service.

    Raises:
        NotFoundError: if there is no such store.
        StoreLockedError: if another process writes to it.
        StoreUnavailableError: if nobody answers there, or its certificate is not trusted.
        StoreAuthenticationError: if the token, the user or the password is refused.
        UsageError: if ``store`` is no store's or service's address, or an option is for the other kind.
    """
    settings = Settings.read()
    address = store or settings.store
    here = {"user": user, "password": password, "database": database, "ontology": ontology}
    there = {"token": token, "ca": ca}
    if address.lower().startswith(_SERVICE):
        _refuse(here, "a store that is opened here")
        return RemoteConnection(address, token=settings.token if token is None else token, ca=ca)
    _refuse(there, "a service at http:// or https://")
    given = {
        "store": store,
        "neo4j_user": user,
        "neo4j_password": None if password is None else Secret(password),
        "neo4j_database": database,
        "ontology": None if ontology is None else Path(ontology),
    }
    return LocalConnection(msgspec.structs.replace(settings, **{k: v for k, v in given.items() if v is not None}))


def _refuse(options: Mapping[str, object], kind: str) -> None:
    wrong = [name for name, value in options.items() if value is not None]
    if wrong:
        raise UsageError(f"{wrong[0]} is for {kind}", remedy=f"leave {wrong[0]} out, or give another address")
