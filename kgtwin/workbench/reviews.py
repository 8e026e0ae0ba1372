"""Sign-offs of statements: who, when, until when, and of which words; a statement that is edited then is due again.

The register is ``reviews.tsv`` beside the root ontology: a row a sign-off, the newest last, with the words that were
signed, so that what changed since can be shown. A statement's ``kgtwin:reviewStatus`` is what people and issues see.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from kgtwin.errors import NotFoundError, OntologyError, UsageError
from kgtwin.files import whole
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.model.ontology import Origin
from kgtwin.ontology.nodes import Iri, Literal, Node
from kgtwin.vocabulary import kgtwin
from kgtwin.workbench.project import Entry, Project
from kgtwin.workbench.terms import written

REGISTER = "reviews.tsv"
COLUMNS = ("statement", "by", "on", "until", "digest", "note", "text")
STATUS = kgtwin("reviewStatus")
_WHOLE = re.compile(r"\s*AnnotationAssertion\(.*\)\s*")
_LAST_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*\)\s*)$')
SILENT, SOURCE = kgtwin("silent"), kgtwin("importedFrom")
_REVIEW = (STATUS, SILENT)


class State(StrEnum):
    """How a statement stands at a day."""

    NEVER = "never reviewed"
    EDITED = "edited since its review"
    EXPIRED = "review expired"
    REVIEWED = "reviewed"


class SignOff(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the register; ``text`` are the words that were signed, one axiom a line."""

    statement: str
    by: str
    on: dt.date
    until: dt.date | None
    digest: str
    note: str
    text: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with its last sign-off, and how it stands."""

    statement: str
    title: str
    state: State
    where: Origin | None
    last: SignOff | None

    @property
    def is_due(self) -> bool:
        return self.state is not State.REVIEWED


def words(project: Project, iri: str) -> str:
    """What a statement says, without its review: its axioms and annotations in functional syntax, sorted."""
    lines = {written(entry.node, whole=True) for entry in project.about(iri) if not _is_review(entry.node)}
    return "\n".join(sorted(lines))


def _is_review(node: Node) -> bool:
    prop = node.args[-3] if node.name == "AnnotationAssertion" else None
    return isinstance(prop, Iri) and prop.value in _REVIEW


def digest(text: str) -> str:
    """Of the words of a statement."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def standings(project: Project, at: dt.date) -> list[Standing]:
    """Every statement with how it stands at a day, those that are due first."""
    signed = {one.statement: one for one in read_register(register_of(project))}
    found = [_standing(project, iri, signed.get(to_curie(iri)), at) for iri in project.statements]
    return sorted(found, key=lambda one: (list(State).index(one.state), one.statement))


def _standing(project: Project, iri: str, last: SignOff | None, at: dt.date) -> Standing:
    if last is None:
        state = State.NEVER
    elif last.digest != digest(words(project, iri)):
        state = State.EDITED
    else:
        state = State.EXPIRED if last.until is not None and last.until < at else State.REVIEWED
    title = project.ontology.label(iri)
    return Standing(statement=to_curie(iri), title=title, state=state, where=project.where(iri), last=last)


def changes(project: Project, statement: str) -> list[str]:
    """What changed in a statement since it was last signed, as a unified diff.

    Raises:
        NotFoundError: there is no such statement, or it was never signed.
    """
    iri = known(project, statement)
    last = next((one for one in reversed(read_register(register_of(project))) if one.statement == to_curie(iri)), None)
    if last is None:
        raise NotFoundError("the statement was never reviewed", where=to_curie(iri))
    before, after = last.text.splitlines(), words(project, iri).splitlines()
    return list(difflib.unified_diff(before, after, f"signed {last.on}", "now", lineterm="", n=0))


def known(project: Project, statement: str) -> str:
    """The IRI of a statement by its CURIE, its IRI or its number (``CI_0001``).

    Raises:
        NotFoundError: there is none.
    """
    iri = to_iri(statement) if ":" in statement else kgtwin(statement)
    if iri not in project.statements:
        raise NotFoundError("no such statement", where=statement, expected="one that has a kgtwin:significance")
    return iri


# signing


def sign(
    project: Project,
    statements: Iterable[str],
    *,
    by: str,
    on: dt.date,
    until: dt.date | None = None,
    note: str = "",
) -> list[SignOff]:
    """Signs statements: their ``reviewStatus`` says so, and the register keeps the words. Files are replaced whole.

    An imported statement that was silent until somebody looked at it is silent no longer.

    Raises:
        NotFoundError: there is no such statement.
        UsageError: nobody signs, or it would be valid for no day.
        OntologyError: a statement does not stand in functional syntax, or a file cannot be written.
    """
    if not by.strip():
        raise UsageError("nobody signs", expected="the reviewer's name")
    if until is not None and until < on:
        raise UsageError(f"valid until {until}, signed on {on}", expected="a later day")
    iris = [known(project, one) for one in statements]
    found = [_sign_off(project, iri, by.strip(), on, until, note) for iri in dict.fromkeys(iris)]
    status = f"reviewed by {by.strip()} on {on}" + (f", valid until {until}" if until else "")
    for file, lines in _edits(project, dict.fromkeys(iris), status).items():
        _write(Path(file), "".join(lines))
    register = register_of(project)
    _write(register, register_text([*read_register(register), *found]))
    return found


def _sign_off(project: Project, iri: str, by: str, on: dt.date, until: dt.date | None, note: str) -> SignOff:
    text = words(project, iri)
    return SignOff(statement=to_curie(iri), by=by, on=on, until=until, digest=digest(text), note=note, text=text)


def _edits(project: Project, iris: Iterable[str], status: str) -> dict[str, list[str]]:
    """The lines of the files in which the review status of statements is written anew."""
    files: dict[str, list[str]] = {}
    for iri in iris:
        entry = _status_of(project, iri)
        number = _line_of(entry)
        lines = files.setdefault(entry.where.file, _lines(Path(entry.where.file)))
        match = _LAST_STRING.search(lines[number])
        if match is None:
            raise _not_editable(entry.where)
        escaped = status.replace("\\", "\\\\").replace('"', '\\"')
        lines[number] = f'{lines[number][: match.start()]}"{escaped}"{match[1]}'
        for silence in project.annotations(iri, SILENT):
            other = files.setdefault(silence.where.file, _lines(Path(silence.where.file)))
            if not _WHOLE.fullmatch(other[_line_of(silence)]):
                raise _not_editable(silence.where)
            other[_line_of(silence)] = ""
    return files


def _line_of(entry: Entry) -> int:
    if entry.where.line is None or not isinstance(entry.node.args[-1], Literal):
        raise _not_editable(entry.where)
    return entry.where.line - 1


def of_source(project: Project, source: str) -> list[str]:
    """The statements that were imported from a source, by its name or IRI as ``kgtwin:importedFrom`` has it.

    Raises:
        NotFoundError: there is none.
    """
    found = [iri for iri in project.statements if source in project.ontology.values(iri, SOURCE)]
    if not found:
        known = sorted({value for iri in project.statements for value in project.ontology.values(iri, SOURCE)})
        raise NotFoundError("no statement comes from this source", where=source, expected=", ".join(known) or None)
    return found


def _status_of(project: Project, iri: str) -> Entry:
    found = project.annotations(iri, STATUS)
    if found:
        return found[0]
    raise OntologyError(
        "the statement has no review status to sign",
        where=f"{project.where(iri) or to_curie(iri)}",
        remedy=f'add AnnotationAssertion({to_curie(STATUS)} {to_curie(iri)} "not clinically reviewed")',
    )


def _not_editable(where: Origin) -> OntologyError:
    return OntologyError(
        "the review status cannot be edited here",
        where=str(where),
        expected="functional syntax with the whole annotation on a line",
        remedy="save the module in functional syntax, one axiom a line",
    )


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines(keepends=True)


def _write(file: Path, text: str) -> None:
    try:
        with whole(file) as written_anew:
            written_anew.write(text.encode())
    except OSError as error:
        raise OntologyError(f"it cannot be written: {error.strerror}", where=str(file)) from None


# the register


def register_of(project: Project) -> Path:
    """The register of an ontology."""
    return project.root.parent / REGISTER


def read_register(file: Path) -> list[SignOff]:
    """The rows of a register, none where there is no file.

    Raises:
        OntologyError: a column is missing, or a row has a wrong date; says the line.
    """
    if not file.is_file():
        return []
    rows = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise OntologyError(f"the column {missing[0]} is missing", where=f"{file}:1", expected=", ".join(COLUMNS))
    return list(_rows(file, rows))


def _rows(file: Path, rows: Iterable[dict[str, str]]) -> Iterator[SignOff]:
    for number, row in enumerate(rows, 2):
        try:
            on = dt.date.fromisoformat(row["on"] or "")
            until = dt.date.fromisoformat(row["until"]) if row["until"] else None
        except ValueError as error:
            raise OntologyError(f"no date: {error}", where=f"{file}:{number}", expected="YYYY-MM-DD") from None
        yield SignOff(
            statement=row["statement"],
            by=row["by"],
            on=on,
            until=until,
            digest=row["digest"] or "",
            note=_unescaped(row["note"] or ""),
            text=_unescaped(row["text"] or ""),
        )


def register_text(rows: Iterable[SignOff]) -> str:
    """A register as it is kept: tab-separated, with ``\\\\n`` and ``\\\\t`` in words."""
    lines = ["\t".join(COLUMNS)]
    for one in rows:
        until = one.until.isoformat() if one.until else ""
        fields = (one.statement, one.by, one.on.isoformat(), until, one.digest, one.note, one.text)
        lines.append("\t".join(map(_escaped, fields)))
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1]), text)
