"""RxNorm as an OWL module: ingredients, products with what is in them, their dose forms, routes, strengths and brands.

A product is decomposed by term types: it consists of components, and a component has one ingredient. Precise
ingredients (salts) are kinds of their ingredient; what a product holds is the ingredient. A pack has what its parts
have. Inert ingredients are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.rxnorm_files import BRANDED, INGREDIENTS, PACKS, PRODUCTS, Concept, RxNorm
from kgtwin.ontology.releases.told import Told
from kgtwin.ontology.releases.writing import CORE, OURS, Provenance, header, literal
from kgtwin.vocabulary import RXNORM

LICENCE: Final = (
    "This product uses publicly available data courtesy of the U.S. National Library of Medicine (NLM), National "
    "Institutes of Health, Department of Health and Human Services; NLM is not responsible for the product and does "
    "not endorse or recommend this or any other product."
)
_INERT: Final = frozenset({"inert ingredients"})
_STRENGTH = re.compile(r"\s(\d[\d.,]*\s*[A-Z\[%].*)$")
_ROUTES: Final = tuple(
    (re.compile(words, re.IGNORECASE), route)
    for words, route in (
        (r"\boral (?:tablet|capsule|solution|suspension|powder|granules|pellet|drops|film|wafer)", "OralRoute"),
        (r"chewable|effervescent", "OralRoute"),
        (r"sublingual|buccal|mucosal spray", "SystemicRoute"),
        (r"inject|prefilled syringe|cartridge|drug implant", "ParenteralRoute"),
        (r"intrauterine", "IntrauterineRoute"),
        (r"transdermal", "TransdermalRoute"),
        (r"inhaler|inhalation (?:solution|suspension|powder)|metered dose|dry powder", "InhaledRoute"),
        (r"ophthalmic", "OphthalmicRoute"),
        (r"\botic\b", "OticRoute"),
        (r"\bnasal\b", "NasalRoute"),
        (r"topical", "CutaneousRoute"),
        (r"vaginal (?:cream|gel|foam|suppository|tablet|insert|ointment)", "VaginalRoute"),
        (r"rectal|enema", "RectalRoute"),
    )
)
"""RxNorm's dose forms by their words, the first that matches. Vaginal rings and gases act everywhere: none is said."""


def route_of(dose_form: str) -> str | None:
    """The route of a dose form, where its name leaves no choice.

    >>> route_of("Extended Release Oral Tablet"), route_of("Vaginal System"), route_of("Oral Gel")
    ('OralRoute', None, None)
    """
    return next((route for words, route in _ROUTES if words.search(dose_form)), None)


class RxNormModule:
    """A release, to be written beside an ontology whose own labels stay."""

    def __init__(self, release: RxNorm, told: Told | None, file: str, log: Log) -> None:
        self.release, self.told = release, told
        self.contents = {code: self._contents(code) for code, one in release.concepts.items() if one.kind in PRODUCTS}
        for code, found in sorted(self.contents.items(), key=lambda pair: int(pair[0])):
            if not found:
                name = release.concepts[code].name[:80]
                log.note("undecomposed", f"no ingredient of {code} {name!r} is known", file)

    def counts(self) -> dict[str, int]:
        kinds = [one.kind for one in self.release.concepts.values()]
        return {
            "ingredients": sum(kind in INGREDIENTS for kind in kinds),
            "products": sum(kind in PRODUCTS for kind in kinds),
            "dose forms": kinds.count("DF"),
            "brands": kinds.count("BN"),
            "without ingredients": sum(not found for found in self.contents.values()),
            "suppressed": self.release.suppressed,
        }

    def lines(self, provenance: Provenance) -> Iterator[str]:
        """The module, a line at a time, by RxCUI."""
        yield from header(provenance, OURS, [CORE])
        yield from _PROPERTIES
        for code in sorted(self.release.concepts, key=int):
            yield from self._concept(code, self.release.concepts[code])
        yield ")"

    def _concept(self, code: str, one: Concept) -> Iterator[str]:
        if one.kind in INGREDIENTS:
            yield from self._declared(code, one)
            yield f"SubClassOf(rxnorm:{code} :Substance)"
            yield from (f"SubClassOf(rxnorm:{code} rxnorm:{base})" for base in self.release.to("form_of", code))
        elif one.kind == "DF":
            yield from self._declared(code, one)
            yield f"SubClassOf(rxnorm:{code} :DoseForm)"
        elif one.kind in PRODUCTS:
            yield from self._declared(code, one)
            yield f"SubClassOf(rxnorm:{code} :MedicinalProduct)"
            yield from self._product(code)

    def _declared(self, code: str, one: Concept) -> Iterator[str]:
        yield f"Declaration(Class(rxnorm:{code}))"
        if self.told is None or not self.told.names(RXNORM + code):
            yield f"AnnotationAssertion(rdfs:label rxnorm:{code} {literal(one.name, 'en')})"
        if not one.current:
            yield f'AnnotationAssertion(owl:deprecated rxnorm:{code} "true"^^xsd:boolean)'

    def _product(self, code: str) -> Iterator[str]:
        to, concepts = self.release.to, self.release.concepts
        for generic in to("tradename_of", code):
            yield f"SubClassOf(rxnorm:{code} rxnorm:{generic})"
        for ingredient in self.contents[code]:
            yield f"SubClassOf(rxnorm:{code} ObjectSomeValuesFrom(:hasActiveIngredient rxnorm:{ingredient}))"
        forms = to("has_dose_form", code)
        for form in forms:
            yield f"SubClassOf(rxnorm:{code} ObjectSomeValuesFrom(:hasDoseForm rxnorm:{form}))"
        for route in sorted({found for form in forms if (found := route_of(concepts[form].name))}):
            yield f"SubClassOf(rxnorm:{code} ObjectSomeValuesFrom(:hasRoute :{route}))"
        for component in to("consists_of", code):
            yield from self._strength(code, component)
        for brand in to("has_ingredient", code):
            yield f"AnnotationAssertion(:tradename rxnorm:{code} {literal(concepts[brand].name, 'en')})"

    def _strength(self, code: str, component: str) -> Iterator[str]:
        text = self._strength_text(component)
        for ingredient in self.release.to("has_ingredient", component):
            if text:
                about = f"Annotation(:ofIngredient rxnorm:{ingredient})"
                yield f"AnnotationAssertion({about} :strength rxnorm:{code} {literal(text)})"

    def _strength_text(self, component: str) -> str:
        """A component's strength: by its attributes, else by its name."""
        told = self.release.attributes.get(component, {})
        amount, unit, per, of = (
            told.get(f"RXN_BOSS_STRENGTH_{part}_{what}", "") for part in ("NUM", "DENOM") for what in ("VALUE", "UNIT")
        )
        if amount and unit:
            return f"{amount} {unit}" + (
                "" if per in ("", "1") and of in ("", "EACH", "1") else f" / {per} {of}".rstrip()
            )
        match = _STRENGTH.search(self.release.concepts[component].name)
        return told.get("RXN_STRENGTH") or (match[1] if match else "")

    def _contents(self, code: str) -> list[str]:
        """The active ingredients of a product."""
        to, concepts = self.release.to, self.release.concepts
        found = {one for component in to("consists_of", code) for one in to("has_ingredient", component)}
        if not found and concepts[code].kind in BRANDED | PACKS:
            parts = [*to("contains", code), *to("tradename_of", code)]
            found = {one for part in parts for one in self._contents(part)}
        return sorted((one for one in found if concepts[one].name.lower() not in _INERT), key=int)


_PROPERTIES: Final = (
    "Declaration(Class(:DoseForm))",
    'AnnotationAssertion(rdfs:label :DoseForm "Dose form"@en)',
    "Declaration(ObjectProperty(:hasDoseForm))",
    'AnnotationAssertion(rdfs:label :hasDoseForm "has dose form"@en)',
    "ObjectPropertyDomain(:hasDoseForm :MedicinalProduct)",
    "ObjectPropertyRange(:hasDoseForm :DoseForm)",
    "Declaration(AnnotationProperty(:strength))",
    'AnnotationAssertion(rdfs:label :strength "strength"@en)',
    "Declaration(AnnotationProperty(:ofIngredient))",
    'AnnotationAssertion(rdfs:label :ofIngredient "of the ingredient"@en)',
    "Declaration(AnnotationProperty(:tradename))",
    'AnnotationAssertion(rdfs:label :tradename "tradename"@en)',
    "",
)
