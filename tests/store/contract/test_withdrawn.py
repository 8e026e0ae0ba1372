"""What a source took back, in both stores: entered in error and deleted, not corrected."""

from __future__ import annotations

import msgspec
import pytest

from kgtwin.store.base import GraphStore
from kgtwin.store.withdrawn import DELETED, RETRACTED
from tests.store.builders import make_bundle, make_correction, make_fact, make_key, make_resource, make_submission

pytestmark = pytest.mark.anyio
KEY = make_key("1")


async def test_what_was_entered_in_error_is_found_and_what_was_corrected_is_not(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=2))
    first, _ = await store.facts(KEY)
    await store.write(make_correction("1", facts=2))
    assert await store.withdrawn(KEY) == ()
    corrected = {one.provenance.resource: one for one in await store.facts(KEY)}
    wrong = make_fact("1", first.provenance.resource, "3")
    await store.write(make_submission(make_resource(wrong, retracted=True)))
    assert await store.withdrawn(KEY) == ((corrected[first.provenance.resource], RETRACTED),)
    assert [await store.withdrawn(KEY, as_of=n) for n in (1, 2)] == [(), ()]
    assert len(await store.withdrawn(KEY, as_of=3)) == 1


async def test_what_was_deleted_is_found(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=1))
    (fact,) = await store.facts(KEY)
    gone = msgspec.structs.replace(make_resource(make_fact("1", fact.provenance.resource, "2")), deleted=True, facts=())
    await store.write(make_submission(gone))
    assert await store.facts(KEY) == ()
    assert await store.withdrawn(KEY) == ((fact, DELETED),)
    assert await store.withdrawn("local|nobody") == ()
