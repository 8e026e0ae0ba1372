"""What a command compares: a file, a folder or a git revision becomes a file that can be loaded."""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePath

import msgspec

from kgtwin.errors import KgtwinError, NotFoundError
from kgtwin.model.ontology import Origin
from kgtwin.ontology.syntax import parse
from kgtwin.workbench.git import STAGED, Entry, Repository

DEFAULT = "ontologies/kgtwin.owl"
"""The root ontology of a revision where none is named."""
ROOT = "kgtwin.owl"
"""The root ontology of a folder, where it is there."""
SUFFIXES = frozenset({".ofn", ".owl", ".owx", ".rdf", ".ttl", ".xml", ".omn", ".nt", ".obo"})


class Side(msgspec.Struct, frozen=True):
    """One side of a comparison: as it was named, its root ontology, the folder that places are told from.

    ``commit`` is the full id where it is a git revision.
    """

    name: str
    file: Path
    home: Path
    commit: str | None = None

    def place(self, origin: Origin | None) -> str | None:
        """``file:line`` of an axiom, the file as people know it.

        >>> Side("main", Path("/tmp/x/a.ofn"), Path("/tmp/x")).place(Origin("/tmp/x/a.ofn", 12))
        'a.ofn:12'
        """
        if origin is None:
            return None
        return str(msgspec.structs.replace(origin, file=self.shown(origin.file)))

    def shown(self, file: str) -> str:
        """A file as people know it: relative to the repository's top, or to the current folder."""
        path = PurePath(file)
        return path.relative_to(self.home).as_posix() if path.is_relative_to(self.home) else path.as_posix()

    def __str__(self) -> str:
        return f"{self.name} ({self.commit[:12]})" if self.commit else self.name


@contextmanager
def opened(given: str, *, default: str = DEFAULT, folder: Path | None = None) -> Iterator[Side]:
    """A file, a folder (its ``kgtwin.owl`` or its only root ontology), a git revision or ``REVISION:path``.

    What is there as a file or folder is no revision; ``main:`` is always one, and ``:`` is what is staged. A revision
    is looked up in the repository around ``folder`` (the current one), and its ontology files are put into a private
    folder until the end. An error inside tells their places as the revision has them.

    Raises:
        NotFoundError: no such file; no repository, revision, or path in the revision.
    """
    here = (folder or Path()).resolve()
    local = here / given if given else None
    if local is not None and local.exists():
        name = local.relative_to(here).as_posix() if local.is_relative_to(here) else given
        yield Side(name, root_of(local) if local.is_dir() else local, here)
        return
    with tempfile.TemporaryDirectory(prefix="kgtwin-") as made:
        home = Path(made).resolve()
        try:
            yield _exported(given, default, here, home)
        except KgtwinError as error:
            raise _as_known(error, home, given) from None


def _as_known(error: KgtwinError, home: Path, given: str) -> KgtwinError:
    """An error with the places of the revision instead of those of its copy."""
    for field in ("message", "where", "expected", "remedy"):
        text = getattr(error, field)
        if text and str(home) in text:
            named = given.partition(":")[0] + ":"
            setattr(error, field, text.replace(f"{home}/", named).replace(str(home), named))
    return error


def root_of(folder: Path) -> Path:
    """The root ontology of a folder: ``kgtwin.owl``, else the only one that no other one in it imports.

    A folder without any ontology is itself returned: it may be a SNOMED CT release.

    Raises:
        NotFoundError: there are several.
    """
    if (folder / ROOT).is_file():
        return folder / ROOT
    files = sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES and "catalog" not in file.name)
    if not files:
        return folder
    roots = files if len(files) == 1 else _roots(files)
    if len(roots) != 1:
        names = ", ".join(file.name for file in roots[:5]) or "none: they import one another"
        raise NotFoundError(
            f"which ontology of the folder is meant is not clear ({names})",
            where=str(folder),
            expected=f"{ROOT}, or one that no other one imports",
            remedy="name the file",
        )
    return roots[0]


def _roots(files: list[Path]) -> list[Path]:
    read = {file: parse(file.read_bytes(), str(file)) for file in files}
    imported = {iri for one in read.values() for iri in one.imports}
    return [file for file, one in read.items() if not {one.iri, one.version_iri} & imported]


# git


def _exported(given: str, default: str, here: Path, home: Path) -> Side:
    revision, colon, inside = given.partition(":")
    try:
        repository = Repository(here)
    except NotFoundError as error:
        raise _neither(given, here, error.message) from None
    commit = STAGED if colon and not revision else repository.commit(revision)
    if commit is None:
        raise _neither(given, here, f"no revision {revision!r}")
    entries = repository.entries(commit)
    path = posixpath.normpath(inside or default)
    if path not in entries and not any(name.startswith(f"{path}/") for name in entries):
        raise _missing(given, revision, path, entries)
    _write(repository, _wanted(entries, path), home)
    target = home / path
    return Side(given, root_of(target) if target.is_dir() else target, home, commit or None)


def _wanted(entries: Mapping[str, Entry], path: str) -> dict[str, Entry]:
    """The ontologies and catalogues, wherever they are (an import may lead anywhere), and the one that was named."""
    return {name: one for name, one in entries.items() if name == path or posixpath.splitext(name)[1] in SUFFIXES}


def _write(repository: Repository, entries: Mapping[str, Entry], home: Path) -> None:
    """Writes files below a folder; a link to another file of the revision becomes its copy, any other link nothing."""
    contents = repository.contents(entries.values())
    for name, one in entries.items():
        content: bytes | None = contents[one.blob]
        if one.link:
            led = entries.get(posixpath.normpath(posixpath.join(posixpath.dirname(name), _text(content))))
            content = None if led is None or led.link else contents[led.blob]
        if content is not None:
            target = home / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "surrogateescape")


def _neither(given: str, here: Path, why: str) -> NotFoundError:
    return NotFoundError(
        f"there is no such file or folder, and {why}",
        where=given,
        expected=f"a file, a folder, or a git revision (REVISION or REVISION:path) of the repository around {here}",
        remedy="correct the name; a shallow clone lacks older revisions: fetch them first",
    )


def _missing(given: str, revision: str, path: str, entries: Mapping[str, Entry]) -> NotFoundError:
    near = [name for name in entries if posixpath.splitext(name)[1] in SUFFIXES][:5]
    return NotFoundError(
        f"{revision or 'what is staged'} has no {path}",
        where=given,
        expected=f"a path from the repository's top, such as {' or '.join(near)}" if near else None,
        remedy=f"name it as {revision}:PATH, or give --path",
    )
