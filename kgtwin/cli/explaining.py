"""What ``ontology explain`` answers, as text and as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from kgtwin.classifying import Classified
from kgtwin.cli.proofs import proof_dict, proof_text, short
from kgtwin.errors import NotFoundError
from kgtwin.model.axioms import Axiom, Class
from kgtwin.model.caveat import Caveat
from kgtwin.model.owl_text import render
from kgtwin.model.proof import Justifications, Proof
from kgtwin.ontology.tables import load_table
from kgtwin.reasoning import Classification
from kgtwin.reasoning.justifications import justify_inconsistency
from kgtwin.reasoning.unsatisfiable import Unsatisfiable, root_unsatisfiable

_NAMES = 200_000
"""Names are compared with an unknown one in ontologies up to this size."""


class Question(NamedTuple):
    """Why a class, or an individual, is below a class."""

    classification: Classification
    sub: str
    sup: str
    individual: bool

    def proof(self) -> Proof | None:
        """The smallest proof; None where it does not follow."""
        if self.individual:
            return self.classification.realise(()).explain(self.sub, Class(self.sup))
        return self.classification.explain(self.sub, self.sup)

    def caveats(self) -> tuple[Caveat, ...]:
        """What may be missing in the answer that it does not follow."""
        if self.individual:
            return self.classification.realise(()).caveats_of(self.sub)
        return self.classification.caveats_of(self.sub)

    def justifications(self, limit: int) -> Justifications:
        """All minimal sets of axioms, up to a limit."""
        if self.individual:
            return self.classification.realise(()).justifications(self.sub, Class(self.sup), limit)
        return self.classification.justifications(self.sub, self.sup, limit)

    def as_text(self, proof: Proof, found: Justifications | None) -> str:
        """The proof, or the justifications where these were asked for."""
        return proof_text(proof) if found is None else "\n".join([*_numbered(found), *more(found)])

    def as_dict(self, proof: Proof | None, found: Justifications | None) -> dict[str, Any]:
        """Both as plain values."""
        steps = None if proof is None else proof_dict(proof)
        told = {"sub": self.sub, "sup": self.sup, "entailed": proof is not None, "proof": steps}
        return told if found is None else {**told, "justifications": _as_dict(found)}


def question(classification: Classification, sub: str, sup: str) -> Question:
    """What two names ask; one that is both a class and an individual counts as a class.

    Raises:
        NotFoundError: a name is unknown; it says which ones are near.
    """
    if not _is_class(classification, sup):
        raise _unknown(sup, "class", classification.classes)
    if _is_class(classification, sub):
        return Question(classification, sub, sup, False)
    if sub in classification.individuals:
        return Question(classification, sub, sup, True)
    raise _unknown(sub, "class or individual", (*classification.classes, *classification.individuals))


def _is_class(classification: Classification, iri: str) -> bool:
    try:
        classification.equivalents(iri)
    except NotFoundError:
        return False
    return True


def _unknown(iri: str, what: str, known: Iterable[str]) -> NotFoundError:
    near = _near(iri, list(islice(known, _NAMES)))
    return NotFoundError(
        f"no such {what} in the ontology",
        where=iri,
        expected=f"the IRI or CURIE of a {what} that it declares or uses",
        remedy=f"did you mean {' or '.join(f'<{one}>' for one in near)}?" if near else None,
    )


def _near(iri: str, known: Sequence[str]) -> list[str]:
    """The IRIs whose last parts are most like that of an unknown one."""
    by_name: dict[str, list[str]] = {}
    for one in sorted(known):
        by_name.setdefault(short(one).lower(), []).append(one)
    close = get_close_matches(short(iri).lower(), by_name, 3, 0.75)
    return [one for name in close for one in by_name[name]][:3]


# all that is wrong


class Wrong(NamedTuple):
    """Why an ontology is inconsistent, or which of its classes are unsatisfiable and why; ``limit`` for each."""

    ontology: str | None
    inconsistency: Justifications | None
    classes: Unsatisfiable
    limit: int

    @staticmethod
    def inconsistent(path: Path, limit: int | None) -> Wrong:
        """Of an ontology that has no model; by default with one justification."""
        loaded = load_table(path)
        found = justify_inconsistency(loaded.table, limit or 1)
        return Wrong(loaded.iri, found, Unsatisfiable({}, {}, True), limit or 1)

    @staticmethod
    def of(found: Classified, limit: int | None) -> Wrong:
        """Of one that has; by default with one for each class."""
        return Wrong(found.source.iri, None, root_unsatisfiable(found.classification), limit or 1)

    @property
    def is_any(self) -> bool:
        """Whether something is wrong."""
        return self.inconsistency is not None or bool(self.classes.roots)

    def as_text(self) -> str:
        """The root unsatisfiable classes first, then the others with their roots."""
        if self.inconsistency is not None:
            return "\n".join(
                ["the ontology is inconsistent", *_numbered(self.inconsistency), *more(self.inconsistency)]
            )
        lines = [] if self.is_any else ["no class is unsatisfiable"]
        for iri, sets in self.classes.roots.items():
            lines += [f"<{iri}> ⊑ owl:Nothing", *(f"  {line}" for line in _numbered(sets[: self.limit]))]
        lines += (_derived(iri, behind) for iri, behind in self.classes.derived.items())
        if not self.classes.complete:
            lines.append(
                "there is too much to look at: classes that depend on others may be unsatisfiable by themselves"
            )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        roots = {iri: [_sorted(one) for one in sets[: self.limit]] for iri, sets in self.classes.roots.items()}
        return {
            "ontology": self.ontology,
            "consistent": self.inconsistency is None,
            "justifications": None if self.inconsistency is None else _as_dict(self.inconsistency),
            "roots": roots,
            "derived": {iri: sorted(behind) for iri, behind in self.classes.derived.items()},
            "complete": self.classes.complete,
        }


def _derived(iri: str, roots: Iterable[str]) -> str:
    behind = ", ".join(f"<{root}>" for root in sorted(roots))
    return f"<{iri}> ⊑ owl:Nothing" + (f" because of {behind}" if behind else "")


# justifications


def _numbered(found: Iterable[Iterable[Axiom]]) -> Iterator[str]:
    for number, axioms in enumerate(found, 1):
        yield f"justification {number}"
        yield from (f"  {one}" for one in _sorted(axioms))


def more(found: Justifications) -> list[str]:
    """What to say where there may be more than were looked for."""
    return [] if found.complete else ["there may be more"]


def _sorted(axioms: Iterable[Axiom]) -> list[str]:
    return sorted(map(render, axioms))


def _as_dict(found: Justifications) -> dict[str, Any]:
    return {"complete": found.complete, "sets": [_sorted(one) for one in found]}
