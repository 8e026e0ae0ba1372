"""HermiT as an oracle: full OWL 2 DL, slow, off the hot path. It comes with owlready2 and needs Java.

HermiT: Glimm, Horrocks, Motik, Stoilos, Wang: HermiT: An OWL 2 Reasoner. J. Autom. Reasoning 53 (2014).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import msgspec

from kgtwin.errors import InconsistentOntologyError, MissingExtraError, OntologyError
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology import signature
from kgtwin.ontology.loader import load
from kgtwin.ontology.writer import write_ontology
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

_LINE = re.compile(r"^(SubClassOf|EquivalentClasses|Type)\( ((?:<[^>]+>\s*)+) \)$", re.MULTILINE)


class Answer(msgspec.Struct, frozen=True):
    """``subsumers``: each class with all named classes above it, itself and ``owl:Thing`` left out;

    ``unsatisfiable``: the empty classes; ``types``: each individual with all its named classes but ``owl:Thing``.
    """

    subsumers: dict[str, frozenset[str]]
    unsatisfiable: frozenset[str]
    types: dict[str, frozenset[str]]


def available() -> bool:
    """Whether Java and owlready2 are there."""
    return shutil.which("java") is not None and find_spec("owlready2") is not None


def classify(source: str | Path | Iterable[Axiom], *, timeout: float = 600) -> Answer:
    """Every entailed subsumption between named classes, of a file with its imports or of axioms.

    Raises:
        MissingExtraError: Java or owlready2 is not installed.
        InconsistentOntologyError: there is no model.
        OntologyError: HermiT refuses the ontology, or takes longer than ``timeout`` seconds.
    """
    return _ask(source, ("-c",), timeout)


def realise(source: str | Path | Iterable[Axiom], *, timeout: float = 600) -> Answer:
    """The same, and the named classes of every named individual."""
    return _ask(source, ("-c", "-O", "-D", "-I"), timeout)


def _ask(source: str | Path | Iterable[Axiom], actions: tuple[str, ...], timeout: float) -> Answer:
    java, classpath = _installed()
    axioms, entities = _axioms(source)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ontology.ofn"
        file.write_text("\n".join(write_ontology(axioms, entities)), encoding="utf-8")
        command = [java, "-cp", classpath, "org.semanticweb.HermiT.cli.CommandLine", *actions, file.as_uri()]
        return _read(_run(command, timeout), entities)


def _installed() -> tuple[str, str]:
    java, owlready = shutil.which("java"), find_spec("owlready2")
    if java is None:
        raise MissingExtraError("HermiT needs Java, which is not installed", remedy="install Java 8 or newer")
    if owlready is None or owlready.origin is None:
        raise MissingExtraError("HermiT comes with owlready2, which is not installed", remedy="pip install owlready2")
    folder = Path(owlready.origin).parent / "hermit"
    return java, os.pathsep.join((str(folder), str(folder / "HermiT.jar")))


def _axioms(source: str | Path | Iterable[Axiom]) -> tuple[list[Axiom], dict[str, EntityKind]]:
    if isinstance(source, str | Path):
        ontology = load(source)
        return list(ontology.axioms), ontology.entities
    axioms = list(source)
    return axioms, signature.used(axioms)


def _run(command: list[str], timeout: float) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise OntologyError(f"HermiT gave no answer within {timeout:g} s") from None
    said = done.stdout + done.stderr
    if "Inconsistent ontology" in said or "InconsistentOntologyException" in said:
        raise InconsistentOntologyError("the ontology is inconsistent, says HermiT")
    if done.returncode != 0 or "Exception" in done.stderr:
        raise OntologyError(f"HermiT refuses the ontology: {done.stderr.strip().splitlines()[0][:300]}")
    return done.stdout


def _read(output: str, entities: dict[str, EntityKind]) -> Answer:
    """HermiT leaves out what it finds obvious: that everything is an ``owl:Thing``, and so in all that equals it."""
    up: dict[str, set[str]] = {iri: {OWL_THING} for iri, kind in entities.items() if kind is EntityKind.CLASS}
    types: dict[str, set[str]] = {
        iri: {OWL_THING} for iri, kind in entities.items() if kind is EntityKind.NAMED_INDIVIDUAL
    }
    for kind, text in _LINE.findall(output):
        iris = re.findall(r"<([^>]+)>", text)
        if kind == "Type":
            types.setdefault(iris[0], {OWL_THING}).update(iris[1:])
        for sub, sup in _pairs(kind, iris):
            up.setdefault(sub, {OWL_THING}).add(sup)
    reached = {iri: _closure(iri, up) for iri in up}
    empty = frozenset(iri for iri, above in reached.items() if OWL_NOTHING in above) - {OWL_NOTHING}
    subsumers = {iri: above - {iri, OWL_THING} for iri, above in reached.items()}
    closed = {who: frozenset(_all(found, reached) - {OWL_THING}) for who, found in types.items()}
    return Answer(subsumers, empty, closed)


def _pairs(kind: str, iris: list[str]) -> list[tuple[str, str]]:
    if kind == "SubClassOf":
        return [(iris[0], iris[1])]
    if kind == "EquivalentClasses":
        return [(one, other) for one in iris for other in iris if one != other]
    return []


def _closure(iri: str, up: dict[str, set[str]]) -> frozenset[str]:
    seen, stack = {iri}, [iri]
    while stack:
        for sup in up.get(stack.pop(), ()):
            if sup not in seen:
                seen.add(sup)
                stack.append(sup)
    return frozenset(seen)


def _all(found: set[str], reached: dict[str, frozenset[str]]) -> set[str]:
    return {sup for iri in found for sup in reached.get(iri, frozenset((iri,)))}
