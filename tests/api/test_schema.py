"""The printed schema in the repository is the schema."""

from __future__ import annotations

from pathlib import Path

from graphql import GraphQLObjectType, build_schema, get_named_type

import kgtwin.api
from kgtwin.api.graphql import schema as module
from kgtwin.api.graphql.limits import PAGED, WEIGHTS

PRINTED = Path(kgtwin.api.__file__).with_name("schema.graphql")


def test_schema_graphql_is_true() -> None:
    printed = module.build_schema().as_str() + "\n"
    assert PRINTED.read_text(encoding="utf-8") == printed, (
        "the schema changed: python -m kgtwin.api.graphql.schema > kgtwin/api/schema.graphql"
    )


def test_the_cost_limit_knows_every_paged_field() -> None:
    built = build_schema(PRINTED.read_text(encoding="utf-8"))
    objects = [t for t in built.type_map.values() if isinstance(t, GraphQLObjectType) and not t.name.startswith("__")]
    fields = [(name, field) for one in objects for name, field in one.fields.items()]
    assert {name for name, field in fields if "first" in field.args} == PAGED
    assert set(WEIGHTS) <= {name for name, _ in fields}


def test_what_a_node_is_can_be_fetched_again() -> None:
    built = build_schema(PRINTED.read_text(encoding="utf-8"))
    node = built.type_map["Node"]
    nodes = {t.name for t in built.type_map.values() if isinstance(t, GraphQLObjectType) and node in t.interfaces}
    assert nodes == set(module.NODES)
    assert str(get_named_type(built.type_map["Query"].fields["node"].type)) == "Node"  # type: ignore[attr-defined]
