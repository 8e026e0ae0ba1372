"""Parameters that a store cannot hold are refused by name, and the rest arrive as they were."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.errors import QueryRejectedError
from kgtwin.store.cypher_parameters import MAX_VALUES, check_parameters
from kgtwin.store.ladybug import LadybugStore

SCALARS = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=3), one, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (1 << 63, "beyond 64 bits"),
        ([1, [2, -(1 << 63) - 1]], "beyond 64 bits"),
        ("\ud800", "half a character"),
        ({"\udfff": 1}, "a key that is no text"),
        ({1: 1}, "a key that is no text"),
        (list(range(MAX_VALUES)), "too many values"),
    ],
)
@pytest.mark.parametrize("dialect", ["ladybug", "neo4j"])
def test_what_no_store_holds(value: Any, says: str, dialect: str) -> None:
    with pytest.raises(QueryRejectedError, match=says):
        check_parameters({"x": value}, dialect)


@pytest.mark.parametrize("value", [[1, "a"], [True, 1], [], [None], {"a": []}, {"a": None}, [{"a": 1}, {"b": 1}]])
def test_what_the_embedded_store_alone_cannot_hold(value: Any) -> None:
    assert check_parameters({"x": value}, "neo4j") == {"x": value}
    with pytest.raises(QueryRejectedError, match="the parameter 'x'"):
        check_parameters({"x": value}, "ladybug")


@given(VALUES)
def test_a_value_that_passes_is_not_changed(value: Any) -> None:
    assert check_parameters({"x": value}, "neo4j") == {"x": value}


@pytest.mark.anyio
async def test_the_embedded_store_gives_back_what_passes(tmp_path: Any) -> None:
    rows = [{"b": 1, "a": 2}, {"a": 3, "b": 4}]
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        for value in (1, 1.5, True, "x", [1, None], [1, 2.5], rows, {"a": {"b": [1]}}, [["a"], ["b"]]):
            table = await store.cypher("RETURN $x AS x", {"x": value})
            assert table.rows == ((value,),)


@pytest.mark.anyio
async def test_a_query_that_fills_memory_is_refused_and_the_store_goes_on(tmp_path: Any) -> None:
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        with pytest.raises(QueryRejectedError, match="more memory"):
            await store.cypher("RETURN size(range(1, 3000000000)) AS n", timeout=20)
        assert (await store.cypher("RETURN 1 AS n")).rows == ((1,),)
