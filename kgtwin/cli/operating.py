"""``migrate``, ``backup``, ``restore``, ``move`` and ``feed``: what an operator does with a store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli import render
from kgtwin.cli.options import JsonOption, StoreOption, print_json, run, settings
from kgtwin.cli.progress import Progress
from kgtwin.errors import UsageError

if TYPE_CHECKING:
    from kgtwin.config import Settings
    from kgtwin.service import Service
    from kgtwin.store.backup import Summary

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup's file.")]
SavedArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="A backup, a Parquet export's folder, or N-Quads written with --whole.")
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The consumer's name.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for one in (migrate, backup, restore, move):
        app.command()(one)
    feed = typer.Typer(name="feed", help="The change feed: what it tells, who reads it.", no_args_is_help=True)
    for command in (show, consumers, forget, compact):
        feed.command()(command)
    app.add_typer(feed)


def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Bring a store of an older version to the schema of this one. Back it up first."""
    from kgtwin.bootstrap import store_of  # noqa: PLC0415

    done = asyncio.run(store_of(settings(store)).migrate(dry_run=dry_run))
    if as_json:
        print_json(done)
    elif not done.steps:
        typer.echo(f"the store has schema version {done.before}: nothing to do")
    else:
        typer.echo(f"{'would be done' if dry_run else 'done'}, from schema version {done.before}:")
        typer.echo("\n".join(f"  - {step}" for step in done.steps))
    return 0


def backup(
    file: FileArgument,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Ask the service that holds the store ($KGTWIN_TOKEN is sent)."),
    ] = None,
    ca: Annotated[
        Path | None, typer.Option("--ca", metavar="FILE", help="With --from https://…: authorities to trust.")
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Save all that a store holds in one file, while it is in use. The file is a patient record: keep it as one."""
    if from_ is None:
        if ca is not None:
            raise UsageError("--ca without --from", remedy="say --from https://…, or leave --ca out")
        return _copied(asyncio.run(_save(settings(store), file)), f"saved in {file}", as_json)
    if store is not None:
        raise UsageError("--from and --store together", expected="one of them")
    from kgtwin.client.backing import fetch  # noqa: PLC0415

    return _copied(fetch(from_, file, token=settings(None).token, ca=ca), f"saved in {file}", as_json)


def restore(path: SavedArgument, store: StoreOption = None, as_json: JsonOption = False) -> int:
    """Restore a store into an empty one of either kind, and compare its digest with what was saved."""
    return _copied(asyncio.run(_load(settings(store), path)), f"restored from {path}", as_json)


def move(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The store to copy into: new, of either kind.")],
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Copy a store into a new one, of the other kind or the same, and compare both. The old one stays as it is."""
    from tempfile import TemporaryDirectory  # noqa: PLC0415

    with TemporaryDirectory(prefix="kgtwin-move-") as folder:
        file = Path(folder) / "store.backup"
        asyncio.run(_save(settings(store), file))
        return _copied(asyncio.run(_load(settings(to), file)), f"copied to {to}", as_json)


async def _save(chosen: Settings, file: Path) -> Summary:
    from kgtwin.bootstrap import store_of  # noqa: PLC0415
    from kgtwin.store.backup import save  # noqa: PLC0415

    with Progress("saving") as progress:
        async with store_of(chosen, read_only=True) as store:
            return await save(store, file, told=progress.reach)


async def _load(chosen: Settings, path: Path) -> Summary:
    from kgtwin.bootstrap import store_of  # noqa: PLC0415
    from kgtwin.store.restoring import load  # noqa: PLC0415

    with Progress("restoring") as progress:
        async with store_of(chosen) as store:
            return await load(path, store, told=progress.reach)


def _copied(done: Summary, what: str, as_json: bool) -> int:
    if as_json:
        print_json(done)
    else:
        size = f"{done.bytes / 1e6:.1f} MB"
        typer.echo(f"{what}: {done.patients} patients at revision {done.revision}, {size}, digest {done.content[:16]}")
    return 0


def show(
    after: Annotated[int, typer.Option("--after", min=0, help="From the revision after this one.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Revisions at most.")] = 100,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show revisions in order (--json: with the facts that each opened and closed, one a line)."""

    async def use(service: Service) -> None:
        found = await service.store.changes(after=after, limit=limit)
        if as_json:
            for change in found:
                print_json(change, indent=False)
            return
        rows = [(one.revision, len({fact.patient for fact in one.facts} | {*one.revision.patients})) for one in found]
        names = ("revision", "at", "kind", "patients", "opened", "closed", "label")
        typer.echo(
            render.columns(
                names,
                [
                    (str(r.number), r.at, r.kind, str(patients), str(r.added), str(r.closed), r.label)
                    for r, patients in rows
                ],
            )
        )

    run(use, settings(store), read_only=True)
    return 0


def consumers(store: StoreOption = None, as_json: JsonOption = False) -> int:
    """Show who reads the feed under a name, and how far each has come."""

    async def use(service: Service) -> None:
        found, last = await service.store.consumers(), await service.store.revision()
        if as_json:
            print_json(found)
        else:
            rows = [(one.name, str(one.position), str(last - one.position), one.at) for one in found]
            typer.echo(render.columns(("consumer", "position", "behind", "since"), rows))

    run(use, settings(store), read_only=True)
    return 0


def forget(name: NameArgument, store: StoreOption = None) -> int:
    """Remove a consumer, so that it no longer keeps the feed from being compacted."""

    async def use(service: Service) -> None:
        await service.store.forget_consumer(name)

    run(use, settings(store))
    return 0


def compact(
    upto: Annotated[int, typer.Option("--upto", min=0, help="The last revision of which details may go.")],
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Drop what revisions changed (numbers and times stay), but nothing that a consumer has not read."""

    async def use(service: Service) -> None:
        done = await service.store.compact(upto)
        if as_json:
            print_json(done)
            return
        held = f"; {', '.join(done.held_by)} has not read further" if done.held_by else ""
        typer.echo(f"{done.revisions} revisions compacted; the feed tells from revision {done.horizon} on{held}")

    run(use, settings(store))
    return 0
