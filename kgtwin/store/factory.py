"""A store from its URL. The drivers are imported when they are needed: ``kgtwin --help`` is not."""

from __future__ import annotations

from kgtwin.errors import UsageError
from kgtwin.store.base import GraphStore

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


def open_store(
    url: str, *, user: str = "neo4j", password: str = "", database: str = "neo4j", read_only: bool = False
) -> GraphStore:
    """The store that a URL names, not yet open: ``async with open_store(url) as store``.

    Raises:
        UsageError: if the URL is not ``ladybug:PATH`` or one of Neo4j's.

    >>> open_store("ladybug:twin.lbdb").dialect.name
    'ladybug'
    """
    scheme, colon, rest = url.partition(":")
    if scheme == "ladybug" and rest:
        from kgtwin.store.ladybug import LadybugStore  # noqa: PLC0415

        return LadybugStore(rest, read_only=read_only)
    if colon and scheme in SCHEMES and rest.startswith("//") and len(rest) > 2:
        from kgtwin.store.neo4j import Neo4jStore  # noqa: PLC0415

        return Neo4jStore(url, user=user, password=password, database=database, read_only=read_only)
    raise UsageError(
        f"{url!r} is no store", expected="ladybug:PATH, bolt://HOST:PORT or neo4j://HOST:PORT (also +s, +ssc)"
    )
