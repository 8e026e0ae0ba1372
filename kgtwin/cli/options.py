"""The options that commands share, and how a command reaches the service."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
import typer

from kgtwin.config import Settings
from kgtwin.errors import KgtwinError, UsageError
from kgtwin.identifiers import patient_key

if TYPE_CHECKING:
    from kgtwin.model.consent import Permission
    from kgtwin.service import Service

T = TypeVar("T")

StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", help="ladybug:PATH, bolt://… or neo4j://… (default: $KGTWIN_STORE)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable answer.")]
AtOption = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="Evaluation time, a FHIR date or dateTime (default: now).")
]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="REV|TIME", help="What was known at a revision or a system time.")
]
OntologyOption = Annotated[
    str | None, typer.Option("--ontology", metavar="FILE", help="Root ontology (default: the shipped one).")
]

ConsentOption = Annotated[
    Path | None,
    typer.Option(
        "--consent", metavar="FILE", help="Use only what it permits: a FHIR R4 Consent, or kgtwin's own JSON."
    ),
]
PurposeOption = Annotated[
    str, typer.Option("--purpose", metavar="CODE", help="With --consent: HL7's purpose of use (ETREAT, HRESCH, …).")
]


def settings(store: str | None, ontology: str | None = None) -> Settings:
    """The environment's settings, with what the command line overrides."""
    found = Settings.read()
    changes: dict[str, object] = {}
    if store:
        changes["store"] = store
    if ontology:
        changes["ontology"] = Path(ontology)
    return msgspec.structs.replace(found, **changes)


def moment(at: str | None) -> datetime | None:
    """An evaluation time from the command line.

    Raises:
        UsageError: if it is no date.
    """
    from kgtwin.model.time import read_time  # noqa: PLC0415

    try:
        return read_time(at)
    except KgtwinError as error:
        raise UsageError(f"--at: {error.message}", expected=error.expected) from None


def permission(service: Service, consent: Path | None, purpose: str) -> Permission | None:
    """What a consent in a file permits now for a purpose.

    Raises:
        UsageError: if there is no such file or purpose.
        InputError: if the consent cannot be read, or kept to.
    """
    if consent is None:
        return None
    try:
        data = consent.read_bytes()
    except OSError as error:
        raise UsageError(f"--consent {consent}: {error.strerror}", expected="a readable file") from None
    return service.consent(data, purpose)


def check_source(source: str) -> None:
    """Refuse a name that cannot be a source's.

    Raises:
        UsageError: if it cannot.
    """
    try:
        patient_key(source, "x")
    except KgtwinError as error:
        raise UsageError(f"--source: {error.message}", expected=error.expected) from None


def run(
    use: Callable[[Service], Awaitable[T]], chosen: Settings, *, read_only: bool = False, at: datetime | None = None
) -> T:
    """Run a use case over an open service."""
    from kgtwin.bootstrap import running  # noqa: PLC0415 - importing it costs more than `--help` may

    async def inside() -> T:
        now = (lambda: at) if at else None
        async with running(chosen, read_only=read_only, now=now) as service:
            return await use(service)

    return asyncio.run(inside())


def print_json(value: object, *, indent: bool = True) -> None:
    """A value as JSON on standard output, one line and flushed where ``indent`` is False."""
    data = msgspec.json.encode(value)
    if indent:
        data = msgspec.json.format(data, indent=2)
    sys.stdout.write(data.decode() + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """A line for people, on standard error."""
    typer.echo(text, err=True)
