"""``infer --all --to``: a population's issues as rows, by one process, several, or a Ray cluster."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import typer

from kgtwin.cli.counting import counted
from kgtwin.cli.options import note, print_json, run
from kgtwin.cli.progress import Progress
from kgtwin.config import Settings

if TYPE_CHECKING:
    from kgtwin.service import Service
    from kgtwin.service.population import Manifest

LOCAL = "local"


class Spread(NamedTuple):
    """How the work is spread: processes, or workers of a Ray cluster (``local``: of this machine)."""

    processes: int
    ray: str | None
    portion: int


def infer_to(folder: Path, chosen: Settings, at: datetime | None, spread: Spread, *, as_json: bool) -> int:
    """Writes the rows of all patients to a folder; goes on where an earlier run stopped."""
    from kgtwin.service.population import plan  # noqa: PLC0415 - heavy

    async def planned(service: Service) -> Manifest:
        return await plan(service, folder, at=at, size=spread.portion)

    manifest = run(planned, chosen, read_only=True)
    left = manifest.left(folder)
    if len(left) < len(manifest.portions):
        note(f"{len(manifest.portions) - len(left)} of {len(manifest.portions)} portions are there already")
    start, rows = perf_counter(), 0
    with Progress("inferring") as progress:
        for _, found in _spread(chosen, folder, left, spread):
            rows += found
            progress.advance(manifest.size)
    if as_json:
        print_json({"folder": str(folder), "patients": manifest.patients, "portions": len(manifest.portions),
                    "new": {"portions": len(left), "rows": rows}, "revision": manifest.revision,
                    "knowledge": manifest.knowledge, "at": manifest.at})  # fmt: skip
    else:
        whole = f"{counted(manifest.patients, 'patient')} in {counted(len(manifest.portions), 'portion')}"
        typer.echo(f"wrote {counted(rows, 'issue')}; {whole} at revision {manifest.revision}, "
                   f"{perf_counter() - start:.1f} s: {folder}")  # fmt: skip
    return 0


def _spread(chosen: Settings, folder: Path, portions: list[int], spread: Spread) -> Iterator[tuple[int, int]]:
    from kgtwin.bootstrap import PortionWorker  # noqa: PLC0415 - heavy
    from kgtwin.inference import spreading  # noqa: PLC0415

    make = partial(PortionWorker, chosen, folder.resolve())
    if spread.ray is not None:
        address = None if spread.ray == LOCAL else spread.ray
        return spreading.by_ray(make, portions, spread.processes, address)
    if spread.processes > 1:
        return spreading.by_processes(make, portions, spread.processes)
    return spreading.here(make, portions)
