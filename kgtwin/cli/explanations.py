"""Justifications for people: Manchester syntax by labels, with the place of every axiom; as text or Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from kgtwin.cli.explaining import more
from kgtwin.cli.markdown import code, words
from kgtwin.model.axioms import Axiom
from kgtwin.model.manchester import manchester_axiom
from kgtwin.model.ontology import Ontology
from kgtwin.model.proof import Justifications


class Explanations:
    """Writes the justifications of an ontology's conclusions by its labels."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology

    def text(self, sub: str, sup: str, found: Justifications) -> str:
        """One axiom a line, each with its place."""
        lines = [f"{self._name(sub)} SubClassOf: {self._name(sup)}"]
        for number, axioms in enumerate(found, 1):
            lines.append(f"justification {number}")
            lines += (f"  {said}" + (f"    # {where}" if where else "") for said, where in self._said(axioms))
        return "\n".join([*lines, *more(found)])

    def markdown(self, sub: str, sup: str, found: Justifications) -> str:
        """A list of axioms for each justification."""
        lines = [f"### {words(self._name(sub))} ⊑ {words(self._name(sup))}", ""]
        for number, axioms in enumerate(found, 1):
            lines += [f"Justification {number}:", ""]
            lines += (f"- {code(said)}" + (f" ({code(where)})" if where else "") for said, where in self._said(axioms))
            lines.append("")
        return "\n".join([*lines, *more(found)]).rstrip()

    def _said(self, axioms: Iterable[Axiom]) -> Iterator[tuple[str, str]]:
        yield from sorted((manchester_axiom(one, self._name), self._place(one)) for one in axioms)

    def _place(self, axiom: Axiom) -> str:
        origin = self._ontology.origins.get(axiom)
        return "" if origin is None else f"{Path(origin.file).name}:{origin.line}" if origin.line else origin.file

    def _name(self, iri: str) -> str:
        label = self._ontology.label(iri)
        return f"'{label}'" if any(not character.isalnum() for character in label) else label
