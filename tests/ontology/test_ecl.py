"""Expression constraints: the specification's own examples parse, and what is wrong is told with its place."""

import pytest

from kgtwin.errors import OntologySyntaxError
from kgtwin.ontology.ecl import Attribute, Compound, Concept, Dotted, Group, Refined, Related, read_constraint

EXAMPLES = [
    "404684003 |Clinical finding|",
    "< 404684003 |Clinical finding|",
    "<< 73211009 |Diabetes mellitus|",
    "<! 404684003",
    "<<! 404684003",
    "> 40541001 |Acute pulmonary edema|",
    ">> 40541001",
    ">! 40541001",
    "!!> (<< 404684003)",
    "*",
    "< 19829001 |Disorder of lung| : 116676008 |Associated morphology| = 79654002 |Edema|",
    "< 19829001 : 116676008 = << 79654002",
    "< 404684003 : 363698007 = << 39057004, 116676008 = << 415582006",
    "< 404684003 : << 47429007 |Associated with| = << 267038008",
    "< 404684003 : 363698007 = *",
    "< 404684003 : { 363698007 = << 39057004 , 116676008 = << 415582006 },"
    " { 363698007 = << 53085002 , 116676008 = << 56246009 }",
    "< 373873005 : [1..3] 127489000 |Has active ingredient| = < 105590001",
    "< 404684003 : [1..1] 363698007 = < 91723000",
    "< 404684003 : [0..0] { [2..*] 363698007 = < 91723000 }",
    "< 91723000 : R 363698007 = < 125605004",
    "< 125605004 . 363698007",
    "< 125605004 |Fracture of bone| . 363698007 |Finding site| . 272741003",
    "< 19829001 AND < 301867009",
    "< 19829001 OR < 301867009 OR < 71388002",
    "< 19829001 MINUS << 301867009",
    "< 404684003 : 363698007 = << 39057004 OR 116676008 = << 415582006",
    "< 404684003 : (363698007 = << 39057004 OR 116676008 = << 415582006) AND 42752001 = << 445238008",
    "(<< 404684003 : 363698007 = 39057004) OR < 71388002",
    "< 404684003 : 116676008 != << 26036001",
    "< 373873005 : 127489000 = #250, 127489000 >= #2.5",
    '< 373873005 : 127489000 = "a \\"b\\""',
    "< 404684003 : 363698007 = (< 39057004 OR < 53085002)",
    "<< kgtwin:Asthma MINUS snomed:195967001",
    "< 404684003 /* a comment */ : 363698007 = << 39057004",
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_of_the_specification(text: str) -> None:
    assert read_constraint(text) == read_constraint(" ".join(text.split()))


def test_the_shapes_of_some() -> None:
    heart = Concept("http://snomed.info/id/80891009")
    assert read_constraint("<< 80891009") == Related("<<", heart)
    assert read_constraint("80891009 , 80891009") == Compound("AND", (heart, heart))
    assert read_constraint("80891009 . 363698007") == Dotted(heart, Concept("http://snomed.info/id/363698007"))
    found = read_constraint("* : { 363698007 = 80891009 }")
    assert isinstance(found, Refined)
    assert isinstance(found.refinement, Group)
    found = read_constraint("* : (<< 363698007) = 80891009")
    assert isinstance(found, Refined)
    assert isinstance(found.refinement, Attribute)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", 1, "a concept"),
        ("< ", 3, "a concept"),
        ("404684004", 1, "wrong check digit"),
        ("404684003 404684003", 11, "AND, OR, MINUS"),
        ("404684003 AND 404684003 OR 404684003", 25, "do not mix"),
        ("404684003 MINUS 404684003 MINUS 404684003", 27, "do not mix"),
        ("404684003 : 363698007", 22, "= or !="),
        ("404684003 : { 363698007 = 80891009", 35, '"}"'),
        ("404684003 : [3..1] 363698007 = 80891009", 20, "lesser first"),
        ("404684003 : 363698007 > 80891009", 25, "#5"),
        ("^ 700043003", 1, "reference sets"),
        ('< 404684003 {{ term = "heart" }}', 13, "filters"),
        ("unheard:1", 1, "unknown prefix"),
        ("404684003 ?", 11, "unexpected ?"),
        ("(" * 200, 101, "deeper"),
    ],
)
def test_errors_say_where(text: str, place: int, message: str) -> None:
    with pytest.raises(OntologySyntaxError) as raised:
        read_constraint(text)
    assert f":1:{place}: " in str(raised.value)
    assert message in str(raised.value)
