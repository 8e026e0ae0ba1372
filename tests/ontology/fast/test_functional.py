"""The compiled reader reads what the general reader reads, and refuses what it refuses, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgtwin.errors import OntologyError
from kgtwin.model.axiom_table import AxiomKind, Declared
from kgtwin.model.owl_text import render
from kgtwin.ontology.fast import functional, merging, tables
from kgtwin.ontology.fast.functional import read
from kgtwin.ontology.fast.heading import read_heading
from kgtwin.ontology.fast.tables import Tables
from kgtwin.ontology.nodes import text_of
from kgtwin.ontology.syntax import parse
from tests.fuzz import times
from tests.ontology.fast.spelling import annotation, spelled
from tests.ontology.generate import axioms

CASES = Path(__file__).parents[1] / "cases"
HEAD = "Prefix(:=<http://x/>) Prefix(xsd:=<http://www.w3.org/2001/XMLSchema#>) Ontology(<http://x/o>\n"
MARK = "\ufeff"


def general(content: bytes, scope: str = "") -> object:
    """What the general reader says: what it read, or its error."""
    try:
        parsed = parse(content, "t.ofn", scope)
        found = parsed.build({}, None).axioms
    except OntologyError as error:
        return type(error), str(error)
    told = {name: text_of(term) for name, term in parsed.told.items()}
    return found, parsed.iri, parsed.version_iri, parsed.imports, told


def fast(content: bytes, scope: str = "") -> object:
    """What the compiled reader says."""
    try:
        document = read(content, "t.ofn", scope)
    except OntologyError as error:
        return type(error), str(error)
    told = {name: text_of(term) for name, term in document.told.items()}
    return list(document.table), document.iri, document.version_iri, document.imports, told


def put_off(body: str) -> list[str]:
    """The constructs that compiled code leaves to the general reader."""
    content = (HEAD + body + ")").encode()
    heading = read_heading(content)
    assert heading is not None
    tables = functional._read_body(content, heading, "")
    assert tables is not None
    spans = tables.rows.spans[: tables.rows.used[2]].tolist()
    return [content[begin:end].decode() for begin, end in zip(spans[::2], spans[1::2], strict=True)]


FREQUENT = [
    "Declaration(Class(:A))",
    "Declaration(Annotation(:a :b) NamedIndividual(:A)) Declaration(Datatype(:D)) Declaration(AnnotationProperty(:n))",
    "SubClassOf(:A :B)",
    'SubClassOf(Annotation(:note "see (below)"@en) Annotation(:by _:me) :A :B)',
    'SubClassOf(:A Annotation(Annotation(:when "now"^^xsd:string) :note :B) :B)',
    "EquivalentClasses(:A ObjectIntersectionOf(:B ObjectSomeValuesFrom(:r ObjectIntersectionOf(:C :D :E))))",
    "DisjointClasses(:A :B :C ObjectSomeValuesFrom(:r :D))",
    "SubObjectPropertyOf(:r :s)",
    "SubObjectPropertyOf(ObjectPropertyChain(:r :s :t) :u)",
    "TransitiveObjectProperty(:r)",
    "ObjectPropertyDomain(:r :A) ObjectPropertyRange(:r ObjectIntersectionOf(:A :B))",
    "ClassAssertion(:A :i) ClassAssertion(ObjectSomeValuesFrom(:r :A) _:i)",
    "ObjectPropertyAssertion(:r :i _:j)",
    'AnnotationAssertion(:note :A "text") AnnotationAssertion(Annotation(:a :b) :note _:x "text"^^:mine)',
    "SubClassOf(:A<http://x/B>)SubClassOf(:A\r\n:B)# done",
    "SubClassOf(:é :日本語) SubClassOf(<http://x/é> <http://x/\U0001f600>)",
    "SubClassOf(: :a:b/c?d=) SubClassOf(:A#comment\n:B)".replace("=", "-"),
]


@pytest.mark.parametrize("body", FREQUENT)
def test_frequent_constructs_are_read_by_compiled_code(body: str) -> None:
    assert put_off(body + "\n") == []
    content = (HEAD + body + "\n)").encode()
    assert fast(content) == general(content)
    assert not isinstance(fast(content)[0], type)  # type: ignore[index]


SELDOM = [
    "SubClassOf(:A ObjectUnionOf(:B :C))",
    "SubClassOf(ObjectIntersectionOf(:A ObjectSomeValuesFrom(ObjectInverseOf(:r) :B)) :C)",
    "SubObjectPropertyOf(ObjectPropertyChain(ObjectInverseOf(:r) :s) :t)",
    "SubObjectPropertyOf(ObjectInverseOf(:r) ObjectInverseOf(:s))",
    'SubClassOf(:A DataHasValue(:d "3"^^xsd:integer))',
    'SubClassOf(Annotation(:n "3"^^xsd:integer) :A :B)',
    'AnnotationAssertion(:n :A "true"^^<http://www.w3.org/2001/XMLSchema#boolean>)',
    "HasKey(:A (:r) ()) SameIndividual(:i _:j)",
    "Import(<http://x/other>)",
    'Annotation(:note "about the ontology")',
    "SubAnnotationPropertyOf(:a :b)",
    "EquivalentObjectProperties(:r :s)",
]


@pytest.mark.parametrize("body", SELDOM)
def test_others_are_read_by_the_general_reader_in_their_places(body: str) -> None:
    assert put_off(body)
    content = f"{HEAD}SubClassOf(:A :B) {body} SubClassOf(:B :C) {body} ClassAssertion(:A :i))".encode()
    assert fast(content) == general(content)


WRONG = [
    "SubClassOf(:A)",
    "SubClassOf(:A :B :C)",
    "SubClassOf(:A Declaration(Class(:B)))",
    "SubClassOf(:A Class(:B))",
    "SubClassOf(:A _:b)",
    'SubClassOf(:A "b")',
    "SubClassOf(:A ObjectIntersectionOf(:B))",
    "SubClassOf(:A ObjectIntersectionOf(Annotation(:a :b) :B :C))",
    "SubClassOf(:A ObjectSomeValuesFrom(:r))",
    "SubClassOf(:A ObjectSomeValuesFrom(_:r :B))",
    "SubClassOf(:A ObjectPropertyChain(:r :s))",
    "SubClassOf(:A no:B)",
    "SubClassOf(:A B)",
    "SubClassOf(:A <http://x/B)",
    "SubClassOf(:A <http://x/ B>)",
    "SubClassOf(:A :B",
    "SubClassOf(:A :B))",
    "SubClassOf :A :B",
    "SubClassOf\0(:A :B)",
    ":A",
    "<http://x/1> <http://x/2>",
    "Declaration(:A)",
    "Declaration(Class(:A) Class(:B))",
    "Declaration(Class(:A :B))",
    "Declaration(Class(_:a))",
    "Declaration(Nothing(:A))",
    "SubObjectPropertyOf(:r ObjectPropertyChain(:r :s))",
    "SubObjectPropertyOf(ObjectPropertyChain(:r) :s)",
    "SubObjectPropertyOf(ObjectPropertyChain(:r :s) ObjectPropertyChain(:r :s) :t)",
    "SubObjectPropertyOf(ObjectPropertyChain(:r _:s) :t)",
    "TransitiveObjectProperty(:r :s)",
    "ObjectPropertyDomain(:A)",
    "ClassAssertion(:A ObjectSomeValuesFrom(:r :B))",
    "ObjectPropertyAssertion(:r :i)",
    "AnnotationAssertion(:a :b)",
    'AnnotationAssertion(:a "b" :c)',
    "AnnotationAssertion(_:a :b :c)",
    'AnnotationAssertion(:a :b "x\\n")',
    'AnnotationAssertion(:a :b "x"@)',
    'AnnotationAssertion(:a :b "x"@e_n)',
    'AnnotationAssertion(:a :b "x"^^)',
    'AnnotationAssertion(:a :b "x"^:c)',
    'AnnotationAssertion(:a :b "x"^^no:c)',
    'AnnotationAssertion(:a :b "x"^^_:c)',
    'AnnotationAssertion(:a :b "x"^^xsd:integer)',
    'AnnotationAssertion(:a :b "x)',
    'SubClassOf(Annotation(:a "x"^^xsd:integer) :A :B)',
    "SubClassOf(Annotation(:a) :A :B)",
    "SubClassOf(Annotation(:a :b :c) :A :B)",
    'SubClassOf(Annotation("a" :b) :A :B)',
    "SubClassOf(Annotation(no:a :b) :A :B)",
    "Unknown(:A)",
    "SubClassOf(:A " + "ObjectSomeValuesFrom(:r " * 100 + ":B" + ")" * 100 + ")",
]


@pytest.mark.parametrize("body", WRONG)
def test_errors_are_the_general_readers(body: str) -> None:
    content = f"{HEAD}SubClassOf(:A :B)\n{body}\n)".encode()
    assert isinstance(general(content)[0], type), "the case is not wrong"  # type: ignore[index]
    assert fast(content) == general(content)


@pytest.mark.parametrize("depth", [98, 99, 100])
def test_the_deepest_expression_is_read(depth: int) -> None:
    body = "SubClassOf(:A " + "ObjectSomeValuesFrom(:r " * depth + ":B" + ")" * depth + ")"
    content = (HEAD + body + ")").encode()
    assert fast(content) == general(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ontology()",
        "Ontology",
        " # only a comment",
        "Ontology(<http://x/o> <http://x/v>)",
        "Ontology(owl:o)# end",
        "Ontology(_:o)",
        "Ontology(no:o)",
        MARK + "Ontology()",
        MARK + MARK + " Ontology(<http://x/o>)",
        "Prefix(:=<http://x/>) Prefix(:=<http://x/>) Ontology(:o)",
        "Prefix(:=<http://x/>) Prefix(:=<http://y/>) Ontology(:o)",
        "Prefix(a:b=<http://x/>) Ontology()",
        "Prefix(=<http://x/>) Ontology()",
        "Prefix(:=<http://x/ >) Ontology()",
        "Prefix(:=<http://x/\u2003>) Ontology()",
        "Prefix(owl:=<http://x/>) Ontology(owl:o SubClassOf(owl:A <http://x/A>))",
        "Prefix # why\n ( : = <http://x/> ) Ontology # why\n ( # why\n :o # why\n SubClassOf(:A :B) # why\n ) # why",
        "Prefix( # why\n : = <http://x/> ) Ontology # why\n ( # why\n :o # why\n SubClassOf(:A :B) # why\n ) # why",
        "Prefix(_:=<http://x/>) Ontology(SubClassOf(_: _:))",
        "Prefix(:=<http://x/>) Ontology(SubClassOf(:A\u00a0:B))",
        "Prefix(:=<http://x/>) Ontology(SubClassOf(:A :B)) Ontology()",
        "Ontology(Prefix(:=<http://x/>))",
        "Ontology(SubClassOf(owl:Thing owl:Nothing)) extra",
    ],
)
def test_headings_and_ends(text: str) -> None:
    assert fast(text.encode()) == general(text.encode())


def test_a_file_that_is_not_utf8_is_refused() -> None:
    content = HEAD.encode() + b"SubClassOf(:A :\xe9)\n)"
    assert fast(content) == general(content)
    content = HEAD.encode() + b"SubClassOf(:A :B) # \xe9\n)"
    assert fast(content) == general(content)


def test_a_name_in_full_and_with_a_prefix_is_one_entity() -> None:
    table = read((HEAD + "SubClassOf(:A <http://x/B>) SubClassOf(<http://x/A> :B))").encode(), "t").table
    assert table.entity_count == 2
    assert table.arguments(0).tolist() == table.arguments(1).tolist()
    assert table.axiom_kind.tolist() == [AxiomKind.SUB_CLASS_OF] * 2


def test_declarations_and_uses_are_told_apart() -> None:
    body = "Declaration(Class(:A)) SubClassOf(:A ObjectSomeValuesFrom(:r :B)) ClassAssertion(:B :i) HasKey(:C (:s) ())"
    document = read((HEAD + body + " Declaration(ObjectProperty(:A)))").encode(), "t")
    table = document.table
    declared = {table.iri(entity)[-1]: Declared(int(table.declared[entity])) for entity in range(table.entity_count)}
    assert declared == {
        "A": Declared.CLASS | Declared.OBJECT_PROPERTY,
        "r": Declared.OBJECT_PROPERTY,
        "B": Declared.CLASS,
        "i": Declared.NAMED_INDIVIDUAL,
    }
    assert document.declared() == {"http://x/A": "Class"}


def test_places_are_told_in_bytes() -> None:
    content = f"{MARK}# é\n{HEAD}SubClassOf(:é :B)\nSubClassOf(:B ObjectUnionOf(:C :D))\n  SubClassOf(:C :D))".encode()
    table = read(content, "t").table
    assert [content[at:][:10] for at in table.axiom_at.tolist()] == [b"SubClassOf"] * 3
    assert content[table.axiom_at[1] :].startswith(b"SubClassOf(:B ObjectUnionOf")


def test_anonymous_individuals_have_the_scope_of_their_file() -> None:
    content = (HEAD + "ClassAssertion(:A _:x) SameIndividual(_:x :i))").encode()
    assert fast(content, "import1-") == general(content, "import1-")


def test_definitions_of_the_closure_are_written_out() -> None:
    content = (HEAD + "SubClassOf(:A :B) DataPropertyRange(:d :Adult))").encode()
    known = parse((HEAD + 'DatatypeDefinition(:Adult DataOneOf("1"^^xsd:integer)))').encode(), "t").told
    document, parsed = read(content, "t"), parse(content, "t")
    assert document.build is not None
    assert list(document.build({}, known)) == parsed.build({}, known).axioms
    assert document.build({}, {}) is document.table


def test_expressions_are_shared_and_come_after_their_parts() -> None:
    body = "SubClassOf(:A ObjectSomeValuesFrom(:r ObjectUnionOf(:B :C))) SubClassOf(:B ObjectSomeValuesFrom(:r :C))"
    table = read((HEAD + body * 2 + ")").encode(), "t").table
    assert len(set(map(repr, (table.expression(i) for i in range(len(table.node_kind)))))) == len(table.node_kind)
    assert all(table.node_b[i] < i for i in range(len(table.node_kind)) if table.node_kind[i] == 1)


@pytest.fixture
def cramped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables and blocks that are full at once."""
    init = Tables.__init__
    monkeypatch.setattr(Tables, "__init__", lambda self, _size: init(self, 0))
    monkeypatch.setattr(functional, "_BLOCK_NAMES", 2)


@pytest.mark.usefixtures("cramped")
@pytest.mark.parametrize("seed", range(3))
def test_tables_grow(seed: int) -> None:
    random = Random(seed)
    some = [f"ObjectSomeValuesFrom(:r{random.randrange(9)} :C{i})" for i in range(300)]
    lines = [f"SubClassOf(:C{i} ObjectIntersectionOf({' '.join(random.choices(some, k=3))}))" for i in range(1500)]
    lines += [f"DisjointClasses({' '.join(some)})", f"SubClassOf(:A <http://x/{'very' * 2000}long>)"]
    lines += [f"SubClassOf(:A ObjectUnionOf(:C{i} :U{i}))" for i in range(200)]
    random.shuffle(lines)
    content = (HEAD + "\n".join(lines) + ")").encode()
    assert fast(content) == general(content)


def test_the_sample_takes_all_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = [(tables, "index_names"), (tables, "index_nodes"), (merging, "absorb"), (functional, "scan")]
    called: list[str] = []

    def noted(name: str, kernel: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object) -> object:
            called.append(name)
            return kernel(*args)

        return call

    for module, name in kernels:
        monkeypatch.setattr(module, name, noted(name, getattr(module, name)))
    assert fast(functional.sample()) == general(functional.sample())
    assert set(called) == {name for _, name in kernels}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(axioms(), max_size=8), st.randoms(use_true_random=False))
def test_random_ontologies(found: list[object], random: Random) -> None:
    content = spelled([render(axiom) for axiom in found], random)  # type: ignore[arg-type]
    assert not isinstance(general(content)[0], type), general(content)  # type: ignore[index]
    assert fast(content) == general(content)


BITS = [b"(", b")", b'"', b"\\", b"<", b">", b":", b"#", b"\n", b" ", b"^^", b"@en", b"\0", b"\xc2\xa0", b"\xe3", b"_:"]
SEEDS = [(CASES / "every.ofn").read_bytes(), *(f"{HEAD}{body}\n)".encode() for body in (*FREQUENT, *SELDOM))]


@settings(max_examples=times(300), suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), st.integers(0, 4), st.randoms(use_true_random=False))
def test_broken_files(content: bytes, edits: int, random: Random) -> None:
    for _ in range(edits):
        at, length = random.randrange(len(content) + 1), random.choice([0, 0, 1, 1, 3, 30])
        content = content[:at] + random.choice([b"", *BITS]) + content[at + length :]
    if random.random() < 0.2:
        content = content[: random.randrange(len(content) + 1)]
    assert fast(content) == general(content)


@given(st.randoms(use_true_random=False))
def test_annotations_are_passed_over(random: Random) -> None:
    body = " ".join(f"SubClassOf({annotation(random)} :A{i} :B)" for i in range(5))
    content = (HEAD + body + ")").encode()
    assert fast(content) == general(content)
