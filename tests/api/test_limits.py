"""What is refused before it runs."""

from __future__ import annotations

import time

import pytest
from graphql import GraphQLError, get_introspection_query, parse

from kgtwin.api.graphql.limits import MAX_ALIASES, MAX_DEPTH, MAX_TOKENS, check
from tests.api.conftest import Client
from tests.api.fake import FakeService


def refused(client: Client, query: str, fake: FakeService) -> str:
    started = time.monotonic()
    error = client.error(query)
    assert time.monotonic() - started < 2, "a refusal is quick"
    assert fake.asked == [], "nothing was loaded"
    return str(error["message"])


def test_depth(client: Client, fake: FakeService) -> None:
    query = '{ patient(id: "p1") ' + "{ a " * (MAX_DEPTH + 1) + "{ key }" + "}" * (MAX_DEPTH + 1) + "}"
    assert "depth" in refused(client, query, fake)


def test_very_deep(client: Client, fake: FakeService) -> None:
    assert refused(client, "{a" * 900 + "}" * 900, fake)


def test_very_deep_values(client: Client, fake: FakeService) -> None:
    assert refused(client, "{ node(id: " + "[" * 900 + "]" * 900 + ") { id } }", fake)


def test_very_deep_inline_fragments(client: Client, fake: FakeService) -> None:
    assert refused(client, "{ ... on Query" * 200 + "{ about { version } }" + "}" * 200, fake)


def test_aliases(client: Client, fake: FakeService) -> None:
    query = "{" + " ".join(f'a{n}: patient(id: "p1") {{ key }}' for n in range(MAX_ALIASES + 1)) + "}"
    assert "aliases" in refused(client, query, fake)


def test_tokens(client: Client, fake: FakeService) -> None:
    query = "{ about {" + " version" * MAX_TOKENS + "} }"
    assert "tokens" in refused(client, query, fake)


def test_fragments_that_double(client: Client, fake: FakeService) -> None:
    last = 60
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(last))
    query = f'{{ ...F0 }} {chain} fragment F{last} on Query {{ x: patient(id: "p1") {{ key }} }}'
    assert "over a billion" in refused(client, query, fake)


def test_fragments_in_a_circle(client: Client, fake: FakeService) -> None:
    query = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    assert "Cannot spread fragment" in refused(client, query, fake)


def test_cost_multiplies_down(client: Client, fake: FakeService) -> None:
    query = "{ patients(first: 1000) { edges { node { facts(first: 1000) { edges { node { key } } } } } } }"
    assert "cost" in refused(client, query, fake)


def test_cost_of_variables(client: Client, fake: FakeService) -> None:
    query = """query ($n: Int, $m: Int = 1000) { patients(first: $n) { edges { node {
        facts(first: $m) { edges { node { key } } } } } } }"""
    assert "cost" in str(client.graphql(query, n=1000)["errors"])
    assert fake.asked == []
    client.data(query, n=2, m=2)


def test_introspection_in_circles(client: Client, fake: FakeService) -> None:
    inner = "name"
    for _ in range(6):
        inner = f"fields {{ type {{ {inner} }} }}"
    assert "introspection" in refused(client, f"{{ __schema {{ types {{ {inner} }} }} }}", fake).lower()


def test_graphiql_may_introspect(client: Client) -> None:
    query = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True)
    assert client.data(query)["__schema"]["queryType"]["name"] == "Query"


def test_what_people_ask_is_allowed() -> None:
    check(
        parse("""{ patients { edges { node { key issues { edges { node { title derivation { steps { axiom {
              annotations { value } } } } implicated { fact { code { codings { code } } } } } } } facts { edges {
              node { key } } } } } } }"""),
        {},
    )


def test_a_variable_that_is_no_number_is_left_to_validation() -> None:
    check(parse("query ($n: Int) { patients(first: $n) { edges { node { key } } } }"), {"n": "many"})


def test_a_huge_number_is_counted_not_read() -> None:
    with pytest.raises(GraphQLError):
        check(parse("{ patients(first: %s) { edges { node { key } } } }" % ("9" * 5_000)), {})
