"""Settings: one frozen value, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from kgtwin.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent


class Secret(str):
    """A string that hides itself in repr.

    >>> Secret("hunter2")
    Secret('***')
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')" if self else "Secret('')"


def data_folder(name: str) -> Path:
    """A folder of shipped data: beside the package in a checkout, inside it in a wheel."""
    inside = _PACKAGE / "_data" / name
    return inside if inside.exists() else _PACKAGE.parent / name


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may set.

    ``store`` is ``ladybug:PATH``, ``bolt://host:port`` or ``neo4j://host:port`` (also ``+s`` and ``+ssc``).
    """

    store: str = "ladybug:kgtwin.lbdb"
    ontology: Path = msgspec.field(default_factory=lambda: data_folder("ontologies") / "kgtwin.owl")
    mappings: Path = msgspec.field(default_factory=lambda: data_folder("ontologies") / "mappings")
    neo4j_user: str = "neo4j"
    neo4j_password: Secret = Secret("")
    neo4j_database: str = "neo4j"
    predictions: bool = True
    unverified: bool = True
    """Whether statements whose evidence is unverified raise issues."""
    queries: tuple[Path, ...] = ()
    """Folders of named queries beside the shipped one, as ``PATH`` lists folders."""
    backup_token: Secret = Secret("")
    """The bearer token that `kgtwin serve --allow-backup` asks for."""
    token: Secret = Secret("")
    """The bearer token for a service that is asked over HTTP."""
    view: Path | None = None
    """The RDF view's folder; None is beside an embedded store, or in the user's cache."""

    @staticmethod
    def read(environ: Mapping[str, str] | None = None) -> Settings:
        """The settings that ``KGTWIN_*`` variables give; what is unset keeps its default.

        Raises:
            UsageError: if a variable's value cannot be read.

        >>> Settings.read({"KGTWIN_STORE": "ladybug:x.lbdb"}).store
        'ladybug:x.lbdb'
        """
        env = os.environ if environ is None else environ
        given: dict[str, object] = {}
        for name, kind in _VARIABLES.items():
            text = env.get(name)
            if text is not None:
                given[name.removeprefix("KGTWIN_").lower()] = kind(name, text)
        return msgspec.structs.replace(Settings(), **given)


def _text(_name: str, text: str) -> str:
    return text


def _path(_name: str, text: str) -> Path:
    return Path(text).expanduser()


def _paths(_name: str, text: str) -> tuple[Path, ...]:
    return tuple(Path(part).expanduser() for part in text.split(os.pathsep) if part)


def _secret(_name: str, text: str) -> Secret:
    return Secret(text)


def _flag(name: str, text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise UsageError(f"{name} is {text!r}", expected="true or false")


_VARIABLES = {
    "KGTWIN_STORE": _text,
    "KGTWIN_ONTOLOGY": _path,
    "KGTWIN_MAPPINGS": _path,
    "KGTWIN_NEO4J_USER": _text,
    "KGTWIN_NEO4J_PASSWORD": _secret,
    "KGTWIN_NEO4J_DATABASE": _text,
    "KGTWIN_PREDICTIONS": _flag,
    "KGTWIN_UNVERIFIED": _flag,
    "KGTWIN_QUERIES": _paths,
    "KGTWIN_BACKUP_TOKEN": _secret,
    "KGTWIN_TOKEN": _secret,
    "KGTWIN_VIEW": _path,
}
