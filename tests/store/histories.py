"""Stores with all that a store can hold, for tests that copy them."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec

from kgtwin.model.fact import Provenance, fact_id
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.store.base import GraphStore
from tests.store.builders import (
    DIABETES,
    make_bundle,
    make_conclusions,
    make_correction,
    make_fact,
    make_key,
    make_patient,
    make_resource,
    make_submission,
)
from tests.store.contract.test_backup import fill

ODD = 'Zoë "Ω"\r\nO\'Brien\t\\ 张伟 \u2028 \U0001f600 \u0085,;|'
"""A name that is awkward to write down."""


async def live(store: GraphStore) -> None:
    """Every label and edge: corrections, retractions, several sources, an erasure, a feed that is compacted."""
    await fill(store)
    await store.write(make_submission(make_patient("odd", name=ODD)))
    await store.write(make_bundle("4", facts=3))
    await store.write(make_correction("4", facts=2))
    await store.write(make_submission(make_resource(make_fact("4", "Condition/4-2", "2"), retracted=True)))
    elsewhere = (_elsewhere(make_patient("4")), _stated_elsewhere("4"))
    await store.write(Submission(label="ward.json", source="ward", resources=elsewhere))
    for patient in ("4", "odd"):
        facts = await store.facts(make_key(patient))
        await store.write_inferences([make_conclusions(patient, facts, await store.revision())])
    await store.write(make_bundle("gone", facts=2))
    await store.erase(make_key("gone"))
    await store.advance("andere Leser ü", 5)


def _elsewhere(version: ResourceVersion) -> ResourceVersion:
    """The same patient as another source tells it."""
    assert version.record is not None
    key = "ward|" + version.record.id
    record = msgspec.structs.replace(
        version.record, key=key, source="ward", provenance=Provenance("ward", version.resource, version.version)
    )
    return msgspec.structs.replace(version, source="ward", patient=key, record=record)


def _stated_elsewhere(patient: str) -> ResourceVersion:
    version = make_resource(make_fact(patient, "Condition/w", code=DIABETES))
    key, provenance = "ward|" + patient, Provenance("ward", "Condition/w", "1")
    facts = tuple(
        msgspec.structs.replace(one, id=fact_id(key, provenance), patient=key, provenance=provenance)
        for one in version.facts
    )
    return msgspec.structs.replace(version, source="ward", patient=key, facts=facts)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["bundle", "correct", "retract", "infer", "erase", "compact", "advance", "name"]),
        st.sampled_from("abc"),
        st.integers(1, 4),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
    ),
    min_size=3,
    max_size=12,
)
"""Histories: what happens, to whom, with which number, and a text."""


async def follow(store: GraphStore, steps: list[tuple[str, str, int, str]]) -> None:
    """Live through a generated history; what cannot happen then is left out."""
    for what, patient, number, text in steps:
        known = make_key(patient) in {record.key for record in await store.patients()}
        if what in {"bundle", "name"}:
            named = make_patient(patient, str(number), name=text if what == "name" else "Ada")
            facts = [make_resource(make_fact(patient, f"Condition/{patient}-{n}", "1")) for n in range(number)]
            await store.write(make_submission(named, *facts, label=text))
        elif what == "advance":
            last = await store.revision()
            behind = {one.name: one.position for one in await store.consumers()}
            await store.advance(patient, max(behind.get(patient, 0), last - number, 0))
        elif what == "compact":
            await store.compact(max(await store.revision() - number, 0))
        elif known:
            await _happens(store, what, patient, number)


async def _happens(store: GraphStore, what: str, patient: str, number: int) -> None:
    fact = make_fact(patient, f"Condition/{patient}-0", str(number))
    if what == "erase":
        await store.erase(make_key(patient))
    elif what == "infer":
        facts = await store.facts(make_key(patient))
        await store.write_inferences([make_conclusions(patient, facts, await store.revision())])
    else:
        content = f"{patient}-{number}-{what}"
        await store.write(make_submission(make_resource(fact, content=content, retracted=what == "retract")))
