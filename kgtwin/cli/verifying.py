"""``verify``: are proof documents proofs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from kgtwin.cli.options import JsonOption, StoreOption, note, print_json, run, settings
from kgtwin.errors import KgtwinError, NotFoundError, UsageError

if TYPE_CHECKING:
    from kgtwin.inference.proofs.sources import Told
    from kgtwin.model.proof_document import ProofDocument, Verdict
    from kgtwin.service import Service


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(verify)


def verify(
    files: Annotated[
        list[str], typer.Argument(metavar="PROOF...", help="Proof documents of `explain --proof`; - is standard input.")
    ],
    ontology: Annotated[
        Path | None, typer.Option("--ontology", metavar="FILE", help="Compare axioms and annotations with this one.")
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Check proofs of issues, independently of what made them; with --store, also that the twin has these facts.

    0: all are accepted; 1: one is rejected; 2 or 3: one cannot be read.
    """
    known = _told(ontology)
    codes = [0]
    told: list[dict[str, Any]] = []
    for file in files:
        try:
            document, verdict = _checked(file, known, store)
        except KgtwinError as error:
            note(f"kgtwin: {error}")
            codes.append(2 if isinstance(error, UsageError) else 3)
            continue
        codes.append(0 if verdict.accepted else 1)
        about = {"file": file, "issue": document.issue.id, "title": document.issue.title}
        told.append({**about, **msgspec.to_builtins(verdict)})
        if not as_json:
            typer.echo("\n".join(_lines(file, document, verdict)))
    if as_json:
        print_json(told)
    return max(codes)


def _lines(file: str, document: ProofDocument, verdict: Verdict) -> Iterator[str]:
    issue = document.issue
    if not verdict.accepted:
        yield f"{file}: rejected: {verdict.reason}"
        return
    yield f"{file}: accepted: {issue.title} ({issue.statement}, {issue.id}), {verdict.steps} steps"
    yield from (f"  not checked: {one}" for one in verdict.trusted)


def _checked(file: str, told: Told | None, store: str | None) -> tuple[ProofDocument, Verdict]:
    """The document of a file, and whether it is a proof, and says what its sources say."""
    from kgtwin.model.proof_document import FACTS_TRUSTED, KNOWLEDGE_TRUSTED, Verdict, read_proof  # noqa: PLC0415
    from kgtwin.verification import verify as checked  # noqa: PLC0415

    document = read_proof(_content(file), label=file)
    verdict = checked(document)
    if not verdict.accepted:
        return document, verdict
    differences = list(told.against(document)) if told is not None else []
    if store is not None:
        differences += _against_store(document, store)
    if differences:
        return document, Verdict(False, "; ".join(differences[:5]))
    known = [KNOWLEDGE_TRUSTED] if told is not None else []
    known += [FACTS_TRUSTED] if store is not None else []
    trusted = tuple(one for one in verdict.trusted if one not in known)
    return document, msgspec.structs.replace(verdict, trusted=trusted)


def _against_store(document: ProofDocument, store: str) -> list[str]:
    from kgtwin.inference.proofs.sources import against_facts  # noqa: PLC0415

    async def use(service: Service) -> list[str]:
        key, revision = document.issue.patient, document.issue.revision
        try:
            known = await service.twin(key, as_of=revision)
        except NotFoundError as error:
            return [str(error)]
        return list(against_facts(document, known.patient, known.facts))

    return run(use, settings(store), read_only=True)


def _told(path: Path | None) -> Told | None:
    if path is None:
        return None
    from kgtwin.inference.proofs.sources import Told  # noqa: PLC0415 - heavy
    from kgtwin.ontology.loader import load  # noqa: PLC0415

    return Told(load(path))


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=file, remedy="name a proof document") from None
