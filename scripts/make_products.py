#!/usr/bin/env python3
"""Make ``ontologies/products.ofn`` and ``ontologies/products-report.md`` from RxNorm names.

    python scripts/make_products.py --codes synthea-codes.tsv --ingredients rxnorm-ingredients.tsv \
        --concepts Synthea27Nj_5.4.zip --samples samples/patients

``--codes`` has system, code and display of every code that Synthea can write; ``--ingredients`` RxCUI and name of
RxNorm ingredients; ``--concepts`` an OMOP CDM archive whose ``CONCEPT.csv`` has RxNorm's own names. Where these differ
from a source's label, the code is left out and reported. Salts and esters are those of every ingredient of a product
or of another module of ours.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import lzma
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rxnorm_names import NotDecomposedError, Product, Strength, base_name, decompose

ONTOLOGIES = Path(__file__).resolve().parent.parent / "ontologies"
RXNORM_SYSTEM = "http://www.nlm.nih.gov/research/umls/rxnorm"
DECLARED = re.compile(r"^Declaration\(Class\(rxnorm:(\d+)\)\)$", re.MULTILINE)
HEADER = """Prefix(:=<https://w3id.org/kgtwin/ontology#>)
Prefix(kgtwin:=<https://w3id.org/kgtwin/ontology#>)
Prefix(rxnorm:=<http://www.nlm.nih.gov/research/umls/rxnorm/>)
Prefix(snomed:=<http://snomed.info/id/>)
Prefix(dcterms:=<http://purl.org/dc/terms/>)
Prefix(owl:=<http://www.w3.org/2002/07/owl#>)
Prefix(rdfs:=<http://www.w3.org/2000/01/rdf-schema#>)
Prefix(xsd:=<http://www.w3.org/2001/XMLSchema#>)

Ontology(<https://w3id.org/kgtwin/ontology/products>
Import(<https://w3id.org/kgtwin/ontology/core>)
Annotation(dcterms:title "kgtwin products: what is in a medicine")
Annotation(dcterms:description "RxNorm products with their active ingredients, strengths, dose form and route.")
Annotation(dcterms:license <https://www.apache.org/licenses/LICENSE-2.0>)
Annotation(rdfs:comment "Active ingredients, strengths, dose form and route of RxNorm products, read from their names \
by scripts/make_products.py; edit the script, not this file. Counter-ions and fillers are no ingredients. RxNorm codes \
and names: courtesy of the U.S. National Library of Medicine, which is not responsible for this file and does not \
endorse it. Not clinically validated.")
"""


@dataclass(frozen=True)
class Sources:
    """Names by RxCUI as received, RxNorm's own names by RxCUI, and RxCUIs of ingredients by lower-case name."""

    received: Mapping[str, tuple[str, ...]]
    official: Mapping[str, str]
    listed: Mapping[str, str]
    labels: Mapping[str, str]


@dataclass
class Reading:
    """What became of every code: products by RxCUI, and why the others were left out."""

    products: dict[str, Product] = field(default_factory=dict)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)
    routeless: list[str] = field(default_factory=list)


def read_table(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a tab-separated file with a header."""
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def read_concepts(path: Path) -> Iterator[dict[str, str]]:
    """The RxNorm rows of ``CONCEPT.csv`` in an OMOP archive."""
    with zipfile.ZipFile(path) as archive, archive.open("CONCEPT.csv") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8")):
            if row["vocabulary_id"] == "RxNorm":
                yield row


def sample_codings(folder: Path) -> Iterator[tuple[str, str]]:
    """RxCUI and display of every RxNorm coding in the sample patients."""
    for path in sorted(folder.glob("*.json.xz")):
        yield from _codings(json.loads(lzma.decompress(path.read_bytes())))


def _codings(node: Any) -> Iterator[tuple[str, str]]:
    children: Iterable[Any] = ()
    if isinstance(node, dict):
        if node.get("system") == RXNORM_SYSTEM and "code" in node:
            yield node["code"], node.get("display", "")
        children = node.values()
    elif isinstance(node, list):
        children = node
    for child in children:
        yield from _codings(child)


def gather(codes: Path, ingredients: Path, concepts: Path, samples: Path) -> Sources:
    """Read every input."""
    pairs = {(row["code"], row["display"]) for row in read_table(codes) if row["system"] == "RxNorm"}
    pairs |= {pair for pair in sample_codings(samples) if pair[1]}
    rows = list(read_concepts(concepts))
    labels = {row["concept_code"]: row["concept_name"] for row in rows if row["concept_class_id"] == "Ingredient"}
    listed = {name.lower(): code for code, name in labels.items()}
    for row in read_table(ingredients):
        listed[row["ingredient"].lower()] = row["rxcui"]
        labels[row["rxcui"]] = row["ingredient"]
    received = {code: tuple(sorted(name for c, name in pairs if c == code)) for code in {code for code, _ in pairs}}
    return Sources(received, {row["concept_code"]: row["concept_name"] for row in rows}, listed, labels)


def read_products(sources: Sources) -> Reading:
    """Decompose every code that is no ingredient itself."""
    reading = Reading()
    for code in sorted(sources.received.keys() - sources.labels.keys(), key=int):
        try:
            product = read_product(code, sources)
        except NotDecomposedError as why:
            reading.left_out.append((code, " = ".join(sources.received[code]), str(why)))
            continue
        reading.products[code] = product
        if product.route is None:
            reading.routeless.append(code)
    return reading


def read_product(code: str, sources: Sources) -> Product:
    """The product of a code; RxNorm's own name decides, and every other label must agree with it.

    Raises NotDecomposedError when no name can be decomposed or when two of them contradict each other.
    """
    names = sources.received[code]
    official = sources.official.get(code)
    if official is None:
        return _agreed([decompose(name, sources.listed) for name in names])
    product = decompose(official, sources.listed)
    for name in names:
        if not _names_same(name, official, product, sources.listed):
            raise NotDecomposedError(f"the label contradicts RxNorm's own name: {official}")
    return product


def _agreed(products: list[Product]) -> Product:
    if len({product.ingredients for product in products}) > 1:
        raise NotDecomposedError("its labels contradict each other")
    if len({product.strengths for product in products if product.strengths}) > 1:
        raise NotDecomposedError("its labels contradict each other about the strength")
    return max(products, key=lambda product: (product.route is not None, bool(product.strengths)))


def _names_same(name: str, official: str, product: Product, listed: Mapping[str, str]) -> bool:
    """Whether a label means what RxNorm's own name says: the same brand, or the same ingredients."""
    if product.brand:
        return bool(re.search(rf"\b{re.escape(product.brand.split()[0])}", name, re.IGNORECASE)) or _alike(
            name, product, listed
        )
    if official.startswith("{") and official.endswith("..."):
        return name.endswith(" Pack")  # the brand is cut off in RxNorm's name as it was received
    return _alike(name, product, listed)


def _alike(name: str, product: Product, listed: Mapping[str, str]) -> bool:
    try:
        return decompose(name, listed).ingredients == product.ingredients
    except NotDecomposedError:
        return False


def substance_iri(name: str, listed: Mapping[str, str]) -> str:
    """CURIE of an ingredient: its RxCUI, or a name of ours where no RxCUI was found."""
    if name in listed:
        return f"rxnorm:{listed[name]}"
    return ":Ingredient_" + "".join(word.capitalize() for word in re.split(r"[^a-z0-9]+", name))


def spoken_of(labels: Mapping[str, str]) -> set[str]:
    """The names of the ingredients that the other modules declare."""
    modules = (path.read_text(encoding="utf-8") for path in ONTOLOGIES.glob("*.ofn") if path.name != "products.ofn")
    return {labels[code].lower() for module in modules for code in DECLARED.findall(module) if code in labels}


def salt_forms(used: Iterable[str], sources: Sources) -> Iterator[tuple[str, str]]:
    """RxCUIs of listed precise ingredients with the RxCUI of the used ingredient that they are forms of."""
    wanted = set(used)
    for name, code in sources.listed.items():
        base = base_name(name, sources.listed)
        if base in wanted and sources.listed.get(base, code) != code:
            yield code, sources.listed[base]


def form_iri(form: str) -> str:
    """CURIE of a dose form.

    >>> form_iri("Auto-Injector")
    ':DoseForm_AutoInjector'
    """
    return ":DoseForm_" + "".join(word[0].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", form))


def axioms(reading: Reading, sources: Sources) -> Iterator[str]:
    """The axioms of the module, a line each, ingredients before products, by number."""
    used = sorted({i for product in reading.products.values() for i in product.ingredients})
    bare = {sources.labels[code].lower() for code in sources.received if code in sources.labels}
    names = {substance_iri(name, sources.listed): name for name in {*used, *bare}}
    yield "\n# Ingredients"
    for iri in sorted(names, key=_by_number):
        yield from _class(iri, sources.labels.get(iri.removeprefix("rxnorm:"), names[iri]), ":Substance")
    spoken = {*names.values(), *spoken_of(sources.labels)}
    forms = sorted(set(salt_forms(spoken, sources)), key=lambda pair: int(pair[0]))
    yield "\n# Ingredients that no product has, of which there are forms"
    for base in sorted({base for _, base in forms} - {iri.removeprefix("rxnorm:") for iri in names}, key=int):
        yield from _class(f"rxnorm:{base}", sources.labels[base], ":Substance")
    yield "\n# Salts and other precise forms of these ingredients"
    for code, base in forms:
        if f"rxnorm:{code}" not in names:
            yield from _class(f"rxnorm:{code}", sources.labels[code], f"rxnorm:{base}")
    yield "\n# Dose forms"
    yield from _dose_forms(reading)
    yield "\n# Products"
    labels = product_labels(reading, sources)
    for code, product in reading.products.items():
        yield from _class(f"rxnorm:{code}", labels[code], ":MedicinalProduct")
        yield from _product(f"rxnorm:{code}", product, sources.listed)


def product_labels(reading: Reading, sources: Sources) -> dict[str, str]:
    """RxNorm's name of each product, the received one where that is cut off; with the code where two share it."""
    labels = {}
    for code in reading.products:
        official = sources.official.get(code, "")
        labels[code] = sources.received[code][0] if not official or official.endswith("...") else official
    shared = {label for label, count in Counter(labels.values()).items() if count > 1}
    return {code: f"{label} ({code})" if label in shared else label for code, label in labels.items()}


def _dose_forms(reading: Reading) -> Iterator[str]:
    yield from _class(":ModifiedReleaseDoseForm", "Dose form with modified release", ":DoseForm")
    yield from _class(":ExtendedReleaseDoseForm", "Dose form with extended release", ":ModifiedReleaseDoseForm")
    yield from _class(":DelayedReleaseDoseForm", "Dose form with delayed release", ":ModifiedReleaseDoseForm")
    forms = {product.form for product in reading.products.values()}
    forms |= {part.form for product in reading.products.values() for part in product.parts}
    for form in sorted(form for form in forms if form):
        release = next((word for word in ("Extended", "Delayed") if form.startswith(f"{word} Release")), "")
        yield from _class(form_iri(form), form, f":{release}ReleaseDoseForm" if release else ":DoseForm")


def _by_number(iri: str) -> tuple[bool, int, str]:
    number = iri.removeprefix("rxnorm:")
    return not number.isdigit(), int(number) if number.isdigit() else 0, iri


def _class(iri: str, label: str, parent: str) -> Iterator[str]:
    quoted = label.replace("\\", "\\\\").replace('"', '\\"')
    yield f"Declaration(Class({iri}))"
    yield f'AnnotationAssertion(rdfs:label {iri} "{quoted}"@en)'
    yield f"SubClassOf({iri} {parent})"


def _product(iri: str, product: Product, listed: Mapping[str, str]) -> Iterator[str]:
    for name, value in _annotations(product, listed):
        yield f'AnnotationAssertion(:{name} {iri} "{value}")'
    for name in product.ingredients:
        yield f"SubClassOf({iri} ObjectSomeValuesFrom(:hasActiveIngredient {substance_iri(name, listed)}))"
    if product.form:
        yield f"SubClassOf({iri} ObjectSomeValuesFrom(:hasDoseForm {form_iri(product.form)}))"
    if product.route:
        yield f"SubClassOf({iri} ObjectSomeValuesFrom(:hasRoute :{product.route}))"


def _annotations(product: Product, listed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if product.term_type:
        yield "termType", product.term_type
    if product.quantity:
        yield "quantityFactor", "|".join(product.quantity)
    for strength in product.strengths:
        yield "strength", _strength(strength, listed)
    for number, part in enumerate(product.parts, start=1):
        form = form_iri(part.form) if part.form else ""
        strengths = (_strength(strength, listed) for strength in part.strengths)
        yield "packPart", "|".join((str(number), str(part.count), form, *strengths))


def _strength(strength: Strength, listed: Mapping[str, str]) -> str:
    return "|".join((substance_iri(strength.ingredient, listed), strength.amount, strength.unit))


def official_reading(sources: Sources) -> tuple[int, list[tuple[str, str, str]]]:
    """How many of RxNorm's own names decompose, and the others with the reason."""
    refused = []
    for code, name in sorted(sources.official.items(), key=lambda item: int(item[0])):
        try:
            decompose(name, sources.listed)
        except NotDecomposedError as why:
            refused.append((code, name, str(why)))
    return len(sources.official) - len(refused), refused


def _rows(rows: Iterable[Iterable[object]]) -> str:
    return "\n".join(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows) or "| none | | |"


def report(reading: Reading, sources: Sources) -> str:
    """What a reader must know that the axioms cannot say, as Markdown."""
    used = {i for product in reading.products.values() for i in product.ingredients}
    own = sorted(name for name in used if name not in sources.listed)
    labels = product_labels(reading, sources)
    types = Counter(product.term_type or "none" for product in reading.products.values())
    strong = sum(bool(product.strengths or product.parts) for product in reading.products.values())
    formed = sum(bool(product.form) for product in reading.products.values())
    decomposed, refused = official_reading(sources)
    return f"""# What `products.ofn` holds and what it leaves out

Written by `scripts/make_products.py`; do not edit. {len(reading.products)} products with {len(used)} ingredients were
read from their RxNorm names: {strong} with strengths or pack parts, {formed} with a dose form,
{len(reading.products) - len(reading.routeless)} with a route.

## Term types

RxNorm's term type, told by the parts that a name has. None: a brand with its ingredient and nothing more, or a pack
whose name was received cut off before the brand.

| term type | products |
|---|---|
{_rows(sorted(types.items()))}

## RxNorm's own names

Of the {len(sources.official)} names in the concept table {decomposed} decompose
({100 * decomposed / len(sources.official):.1f} %). Refused:

| RxCUI | name | why |
|---|---|---|
{_rows(refused)}

## Left out

A patient's medicine with one of these codes is reported as not understood. Where the label of a source contradicts
RxNorm's own name, neither is believed.

| RxCUI | name | why |
|---|---|---|
{_rows(reading.left_out)}

## Ingredients without an RxCUI

The ingredient list lacks them. They have an IRI of ours, to be replaced when an RxCUI was looked up.

{chr(10).join(f"- `kgtwin{substance_iri(name, sources.listed)}` {name}" for name in own)}

## Products without a route

Their name has no dose form, or one (a dental gel, a powder) that does not tell the route. A statement that asks for a
systemic route stays silent about them unless the order itself gives a route.

{chr(10).join(f"- {code} {labels[code]}" for code in reading.routeless)}

## Routes that are not what the form suggests

- Vapours for anaesthesia (desflurane, isoflurane, sevoflurane) are inhaled for an effect on the whole body:
  `SystemicRoute`. So are nasal sprays of triptans, opioids, ketorolac and the like, and some suppositories.
- A vaginal ring with hormones has an effect on the whole body: `SystemicRoute`, not `VaginalRoute`. Estradiol on the
  skin or in the vagina may be meant for either: no route.
- Sublingual tablets and mucosal sprays: `SystemicRoute`, for want of a route of their own.
- A patch with lidocaine, capsaicin or diclofenac is for the skin below it: `CutaneousRoute`.
- A hormone implant is `ParenteralRoute`. An intrauterine system is `IntrauterineRoute`, neither systemic nor local.

## Strengths

`:strength` is `ingredient|amount|UCUM unit`, in one unit of a solid form, in one millilitre, actuation or hour of
others. `UNT` is `[arb'U]`: which unit of activity depends on the substance. `:quantityFactor` is the size of one
package (`10|mL`) or how long one lasts (`24|h`). `:packPart` is number, count, dose form, then a strength triple for
each ingredient; a part with nothing after the form is inert. Amounts are of what the name measures, as RxNorm does:
`naproxen sodium 220 MG` is 220 mg of the salt and is not converted to naproxen.
"""


def main() -> None:
    """Read the inputs, write the module and the report."""
    parser = argparse.ArgumentParser(description="Make ontologies/products.ofn from RxNorm names.")
    for name in ("codes", "ingredients", "concepts"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--samples", type=Path, default=ONTOLOGIES.parent / "samples" / "patients")
    parser.add_argument("--out", type=Path, default=ONTOLOGIES)
    arguments = parser.parse_args()
    sources = gather(arguments.codes, arguments.ingredients, arguments.concepts, arguments.samples)
    reading = read_products(sources)
    module = HEADER + "\n".join(axioms(reading, sources)) + "\n)\n"
    (arguments.out / "products.ofn").write_text(module, encoding="utf-8")
    (arguments.out / "products-report.md").write_text(report(reading, sources), encoding="utf-8")


if __name__ == "__main__":
    main()
