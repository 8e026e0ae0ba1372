"""MED-RT as an OWL module: classes of medicines, what they do and treat; contraindications as silent statements.

``CI_with`` says that a medicine is contraindicated in a condition: a statement. ``CI_MoA``, ``CI_PE`` and
``CI_ChemClass`` do not say whether the class is taken beside the medicine or is what a patient does not tolerate: they
become statements about taking both, held until each is reviewed by itself. The other associations are existentials.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.medrt_file import MEDRT, MESH, RXNORM, Association, End, MedRt
from kgtwin.ontology.releases.mesh import MeshConcept
from kgtwin.ontology.releases.resolving import STEMS, Resolved, Resolver, Role
from kgtwin.ontology.releases.statements import Kind, Statement, StatementModule
from kgtwin.ontology.releases.wording import allergy
from kgtwin.ontology.releases.writing import literal, shorten
from kgtwin.vocabulary import CLINICAL_CONDITION, KGTWIN, SUBSTANCE

SOURCE: Final = "MED-RT"
LICENCE: Final = (
    "MED-RT is a work of the U.S. Department of Veterans Affairs. RxNorm codes and names and MeSH: courtesy of the "
    "U.S. National Library of Medicine, which is not responsible for kgtwin and does not endorse it."
)
_CLASSES: Final = {"CI_MoA": "has_MoA", "CI_PE": "has_PE", "CI_ChemClass": "has_SC"}
_RELATIONS: Final = {
    "has_MoA": "has as mechanism of action",
    "has_PE": "has as physiologic effect",
    "has_PK": "has as pharmacokinetics",
    "has_SC": "has as structural class",
    "has_TC": "has as therapeutic category",
    "may_treat": "may treat",
    "may_prevent": "may prevent",
    "may_diagnose": "may diagnose",
    "induces": "induces",
    "has_active_metabolites": "has active metabolite",
    "site_of_metabolism": "has as site of metabolism",
    "effect_may_be_inhibited_by": "may be inhibited in its effect by",
}
_HELPS: Final = ("may_treat", "may_prevent")
_ALPHABET: Final = "HC"
"""Concepts that only gather others, by their first letter."""
_HELD: Final = "MED-RT does not say whether it is taken beside the medicine or not tolerated: read the label"


def read(
    release: MedRt, mesh: Mapping[str, MeshConcept], resolver: Resolver, slug: str, file: str, log: Log
) -> StatementModule:
    """What a release says of medicines."""
    return _Reader(release, mesh, resolver, slug, file, log).module()


class _Reader:
    def __init__(
        self,
        release: MedRt,
        mesh: Mapping[str, MeshConcept],
        resolver: Resolver,
        slug: str,
        file: str,
        log: Log,
    ) -> None:
        self.release, self.mesh, self.resolver = release, mesh, resolver
        self.slug, self.file, self.log = slug, file, log
        self.found = StatementModule()
        self.axioms: dict[str, None] = {}
        self.mentioned: dict[str, str] = {}
        self.helped = {
            (one.source.code, one.target.code): f"MED-RT also says that it {_RELATIONS[one.name]} it: read the label"
            for one in release.associations
            if one.name in _HELPS
        }

    def module(self) -> StatementModule:
        for one in self.release.associations:
            self._read(one)
        self.found.axioms = [*self._properties(), *self._declarations(), *sorted(self.axioms)]
        return self.found

    def _read(self, one: Association) -> None:
        source, target = one.source.namespace, one.target.namespace
        if one.name == "Parent Of":
            self._parent(one)
        elif source != RXNORM or target not in (MEDRT, MESH):
            self._skip(one)
        elif one.name == "CI_with":
            self.found.add(self._contraindication(one), self.slug)
        elif one.name in _CLASSES:
            self.found.add(self._with_class(one), self.slug)
        elif one.name in _RELATIONS:
            filler = f"ObjectSomeValuesFrom({_relation(one.name)} {self._named(one.target)})"
            self.axioms[f"SubClassOf({self._medicine(one.source)} {filler})"] = None
        elif one.name == "Synonym Of":
            pair = f"{self._medicine(one.source)} {self._named(one.target)}"
            self.axioms[f"AnnotationAssertion(skos:exactMatch {pair})"] = None
        else:
            self._skip(one)

    def _skip(self, one: Association) -> None:
        told = f"{one.name} from {one.source.namespace} to {one.target.namespace} is not read"
        self.log.note("not-read", told, self.file, one.line)

    def _parent(self, one: Association) -> None:
        parent, below = one.source, one.target
        if parent.namespace != MEDRT or below.namespace not in (MEDRT, RXNORM):
            self._skip(one)
            return
        if below.namespace == RXNORM and self.release.concepts[parent.code].kind == _ALPHABET:
            return
        lower = self._medicine(below) if below.namespace == RXNORM else self._named(below)
        self.axioms[f"SubClassOf({lower} {self._named(parent)})"] = None

    def _contraindication(self, one: Association) -> Statement:
        drug = self._resolved_medicine(one.source)
        assert drug.iri is not None
        name = self._name(one.target)
        common = {
            "medicine": drug.iri,
            "label": f"{one.source.name} and {name}",
            "detail": f"{SOURCE} lists {name} as a contraindication of {one.source.name}.",
            "evidence": (self._evidence(one),),
            "place": f"{self.file}:{one.line}",
        }
        if hypersensitive := allergy(name):
            held = drug.held or (f"it is not known what {hypersensitive[0]!r} is" if hypersensitive[0] else None)
            return msgspec.convert({**common, "kind": Kind.ALLERGY, "other": drug.iri, "held": held}, Statement)
        condition = self._condition(one.target, name)
        assert condition.iri is not None
        if not condition.known:
            self.found.declare(condition.iri, name, CLINICAL_CONDITION)
        held = drug.held or condition.held or self.helped.get((one.source.code, one.target.code))
        return msgspec.convert(
            {**common, "kind": Kind.CONTRAINDICATION, "other": condition.iri, "held": held}, Statement
        )

    def _condition(self, end: End, name: str) -> Resolved:
        concept = self.mesh.get(end.code)
        also = [f"mesh:{concept.descriptor}"] if concept and concept.descriptor else []
        return self.resolver.resolve(f"mesh:{end.code}", name, Role.CONDITION, also)

    def _with_class(self, one: Association) -> Statement:
        drug = self._resolved_medicine(one.source)
        assert drug.iri is not None
        relation, name = _CLASSES[one.name], self._name(one.target)
        group = KGTWIN + f"IngredientWith_{relation}_{one.target.code}"
        self.found.declare(
            group, f"Ingredient that {_RELATIONS[relation].replace('has as', 'has the')} {name}", SUBSTANCE
        )
        filler = f"ObjectSomeValuesFrom({_relation(relation)} {self._named(one.target)})"
        self.axioms[f"EquivalentClasses({shorten(group)} ObjectIntersectionOf(:Substance {filler}))"] = None
        return Statement(
            kind=Kind.INTERACTION,
            medicine=drug.iri,
            other=group,
            label=f"{one.source.name} with {name} ({one.name})",
            detail=f"{SOURCE} lists {name} as a contraindicated class for {one.source.name} ({one.name}).",
            evidence=(self._evidence(one),),
            held=_HELD,
            place=f"{self.file}:{one.line}",
        )

    def _evidence(self, one: Association) -> str:
        by = f" ({one.authority})" if one.authority else ""
        return f"{one.name}: {one.source.name} – {one.target.namespace} {one.target.code} {self._name(one.target)}{by}"

    def _name(self, end: End) -> str:
        concept = self.mesh.get(end.code)
        return concept.name if concept else end.name

    def _resolved_medicine(self, end: End) -> Resolved:
        found = self.resolver.resolve(f"rxnorm:{end.code}", "", Role.SUBSTANCE)
        if found.wrong or found.iri is None:
            told = found.wrong[1] if found.wrong else "it is not known"
            found = Resolved(STEMS["rxnorm"] + end.code, end.name, held=told)
        if not found.known:
            self.found.declare(str(found.iri), end.name, SUBSTANCE)
        return found

    def _medicine(self, end: End) -> str:
        return shorten(str(self._resolved_medicine(end).iri))

    def _named(self, end: End) -> str:
        """A class of MED-RT or MeSH, to be declared."""
        stem = STEMS["medrt" if end.namespace == MEDRT else "mesh"]
        self.mentioned.setdefault(stem + end.code, self._name(end))
        return shorten(stem + end.code)

    def _declarations(self) -> Iterator[str]:
        for iri, name in sorted(self.mentioned.items()):
            if iri not in self.found.classes:
                yield f"Declaration(Class({shorten(iri)}))"
                yield f"AnnotationAssertion(rdfs:label {shorten(iri)} {literal(name, 'en')})"

    @staticmethod
    def _properties() -> Iterator[str]:
        for name, label in _RELATIONS.items():
            yield f"Declaration(ObjectProperty({_relation(name)}))"
            yield f"AnnotationAssertion(rdfs:label {_relation(name)} {literal(label, 'en')})"
        yield "Declaration(AnnotationProperty(skos:exactMatch))"


def _relation(name: str) -> str:
    return shorten(STEMS["medrt"] + name)
