"""All patients of a store, inferred in portions: rows of issues in Parquet files, which a later run goes on from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from kgtwin.errors import MalformedInputError, UsageError
from kgtwin.files import save, writing
from kgtwin.identifiers import to_curie
from kgtwin.inference.columns import Finder
from kgtwin.inference.concerned import Asking, Concerned
from kgtwin.inference.evaluating import instant
from kgtwin.inference.population import Rows, write_parquet
from kgtwin.service.core import Service
from kgtwin.service.explaining import question
from kgtwin.service.reading import Asked

MANIFEST: Final = "_manifest.json"
"""Arrow passes over files that begin so, when it reads the folder."""
PORTION: Final = 500
"""Patients of a portion, unless said otherwise."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder of rows is about. ``at`` is the evaluation time, ``digest`` the ontology's.

    ``portions`` are the keys after which each begins (the first one empty); each has ``size`` patients, the last less.
    """

    format: int = 1
    at: str
    revision: int
    knowledge: str
    digest: str
    unverified: bool
    patients: int
    size: int
    portions: tuple[str, ...]

    def file(self, portion: int) -> str:
        """The name of a portion's file."""
        return f"issues-{portion:06d}.parquet"

    def left(self, folder: Path) -> list[int]:
        """The portions that are not there yet."""
        return [number for number in range(len(self.portions)) if not (folder / self.file(number)).exists()]


async def plan(
    service: Service, folder: Path, *, at: datetime | None, as_of: int | None = None, size: int = PORTION
) -> Manifest:
    """The manifest of a folder: the one that is there, to go on from it, or a new one.

    Raises:
        UsageError: the folder is about something else.
        MalformedInputError: its manifest cannot be read.
    """
    if (folder / MANIFEST).exists():
        return _the_same(service, folder, at=at, as_of=as_of)
    revision = await service.known_revision(as_of)
    portions, patients, asked = [""], 0, Asked(as_of=revision, first=size)
    while True:
        page = await service.patients_page(asked)
        patients += len(page.found)
        if page.next is None:
            break
        portions.append(page.next)
        asked = msgspec.structs.replace(asked, after=page.next)
    made = Manifest(
        at=(at or service.now()).isoformat(),
        revision=revision,
        knowledge=service.knowledge().version,
        digest=service.knowledge().ontology.digest,
        unverified=service.unverified,
        patients=patients,
        size=size,
        portions=tuple(portions),
    )
    _begin(folder, made)
    return made


def _begin(folder: Path, made: Manifest) -> None:
    with writing("the folder", folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    save([msgspec.json.format(msgspec.json.encode(made))], folder / MANIFEST, private=True)


def _the_same(service: Service, folder: Path, *, at: datetime | None, as_of: int | None) -> Manifest:
    """The manifest that is there, if it is about what is asked for."""
    found = read_manifest(folder)
    asked = {
        "at": found.at if at is None else at.isoformat(),
        "revision": found.revision if as_of is None else as_of,
        "digest": service.knowledge().ontology.digest,
        "unverified": service.unverified,
    }
    others = [name for name, value in asked.items() if getattr(found, name) != value]
    if others:
        raise UsageError(
            f"the folder holds rows of another {' and '.join(others)}",
            where=str(folder / MANIFEST),
            expected=", ".join(f"{name} {getattr(found, name)}" for name in others),
            remedy="name another folder, or ask for the same",
        )
    return found


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder of rows.

    Raises:
        MalformedInputError: there is none, or it cannot be read.
    """
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise MalformedInputError(
            f"cannot be read: {error}", where=str(path), expected="the manifest of a folder that infer --to made"
        ) from None


async def portion(service: Service, rows: Rows, folder: Path, manifest: Manifest, number: int) -> int:
    """Infers the patients of a portion and writes its file, whole or not at all; how many rows.

    Raises:
        OSError: the file cannot be written.
    """
    asked = Asked(after=manifest.portions[number] or None, first=manifest.size, as_of=manifest.revision)
    patients = [(one.record, one.facts) for one in (await service.known_page(asked)).found]
    found = rows.of(patients, datetime.fromisoformat(manifest.at))
    return write_parquet(found, folder / manifest.file(number))


class Whom(msgspec.Struct, frozen=True):
    """Who is what was asked: of ``patients`` as known at a revision, at an evaluation time. ``title`` says what was
    asked; ``statement`` is the CURIE of a statement, a rule or another named class.
    """

    statement: str | None
    title: str
    at: str
    revision: int
    knowledge: str
    patients: int
    found: tuple[Concerned, ...]
    silent: str | None = None
    """Why nobody can be found."""


async def whom(service: Service, asked: str, *, at: datetime | None = None, as_of: int | None = None) -> Whom:
    """All patients who are what is asked: a statement, a rule, another class, or a class expression.

    Raises:
        UsageError: nothing is called so, and it is no class expression either.
        NotFoundError: there is no such revision yet.
    """
    knowledge = service.knowledge()
    asking = Asking(meant := question(asked, knowledge), Finder(knowledge), unverified=service.unverified)
    moment = at or service.now().replace(second=0, microsecond=0)
    revision = await service.known_revision(as_of)
    found: list[Concerned] = []
    patients = 0
    async for group in service.everyone_known(revision):
        patients += len(group)
        found += asking.of([(one.record, one.facts) for one in group], moment)
    return Whom(
        statement=to_curie(meant.iri) if meant.iri else None,
        title=meant.title,
        at=instant(moment),
        revision=revision,
        knowledge=knowledge.version,
        patients=patients,
        found=tuple(found),
        silent=asking.silent,
    )
