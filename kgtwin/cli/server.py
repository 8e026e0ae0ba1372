"""``serve``: the HTTP doors, on loopback unless told otherwise."""

from __future__ import annotations

import ipaddress
from typing import Annotated

import typer

from kgtwin.cli.options import AtOption, OntologyOption, StoreOption, moment, note, settings
from kgtwin.errors import UsageError
from kgtwin.vocabulary import NOT_VALIDATED


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    at: AtOption = None,
    insecure_bind: Annotated[
        bool, typer.Option("--insecure-bind", help="Listen beyond loopback although there is no sign-in yet.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Take up the ontology anew when a file of it is saved.")
    ] = False,
    refresh: Annotated[
        bool,
        typer.Option(help="After an edit of the ontology, work out stored conclusions again that it can touch."),
    ] = True,
    allow_backup: Annotated[
        bool,
        typer.Option("--allow-backup", help="Let `kgtwin backup --from` copy the whole store ($KGTWIN_BACKUP_TOKEN)."),
    ] = False,
    max_rows: Annotated[
        int, typer.Option("--max-rows", min=1, max=10_000_000, help="Rows at most of an analyst's query.")
    ] = 10_000,
    max_seconds: Annotated[
        float, typer.Option("--max-seconds", min=0.1, max=3600, help="Seconds at most of an analyst's query.")
    ] = 30.0,
    store: StoreOption = None,
    ontology: OntologyOption = None,
) -> int:
    """Serve GraphQL, FHIR, SPARQL and Cypher over HTTP."""
    if not is_loopback(host):
        if not insecure_bind:
            raise UsageError(
                f"{host} is not a loopback address and this version has no sign-in: anyone could read patients",
                remedy="use 127.0.0.1 behind an authenticating proxy, or say --insecure-bind",
            )
        note(f"warning: listening on {host} without sign-in: whoever reaches this address reads every patient")
    chosen = settings(store, ontology)
    if allow_backup and not (chosen.backup_token or is_loopback(host)):
        raise UsageError(
            f"--allow-backup on {host} without a token: anyone could copy the whole store",
            remedy="set KGTWIN_BACKUP_TOKEN, or listen on 127.0.0.1",
        )
    note(NOT_VALIDATED)
    from kgtwin.api.bounds import Bounds  # noqa: PLC0415 - heavy
    from kgtwin.api.server import serve as run_server  # noqa: PLC0415

    run_server(
        chosen,
        host=host,
        port=port,
        at=moment(at),
        watch=note if watch else None,
        refresh=note if refresh else None,
        bounds=Bounds(max_rows, max_seconds),
        allow_backup=allow_backup,
    )
    return 0


def is_loopback(host: str) -> bool:
    """Whether an address stays on this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
