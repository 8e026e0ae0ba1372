"""Random edits of the mini knowledge and random patients: the effects are those of inferring twice, the causes hold."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from random import Random

from kgtwin.inference import Knowledge, infer
from kgtwin.model.fact import Fact
from kgtwin.workbench.differences import Version
from kgtwin.workbench.edits import Edit, Variants
from kgtwin.workbench.impact import Assessment, Case, Effect, Impact
from kgtwin.workbench.inferred import Reasoned
from kgtwin.workbench.revisions import opened
from tests.fuzz import times
from tests.inference.factory import AT, condition, order, patient
from tests.workbench.samples import mini
from tests.workbench.test_impact import POTASSIUM

SEEDS = times(24)
EXTRA = (
    "SubClassOf(rxnorm:6918 :NonselectiveBetaBlocker)",
    "SubClassOf(:NSAID :BetaBlocker)",
    "SubClassOf(snomed:22298006 :Asthma)",
    "SubClassOf(:Asthma :HeartDisease)",
    "SubClassOf(rxnorm:8787 :NSAID)",
    "DisjointClasses(:Asthma :HeartDisease)",
)
FACTS: tuple[Fact, ...] = (
    order("MedicationRequest/m1", "rxnorm:8787"),
    order("MedicationRequest/m2", "rxnorm:6918"),
    order("MedicationRequest/m3", "rxnorm:5640"),
    condition("Condition/c1", "snomed:195967001"),
    condition("Condition/c2", "snomed:22298006"),
    POTASSIUM[1],
)


def edited(folder: Path, random: Random) -> Version:
    """The mini knowledge with up to four lines less and up to two more."""
    mini(folder)
    file = folder / "drugs.ofn"
    lines = file.read_text(encoding="utf-8").splitlines()
    placed = [line for line in lines if line.startswith("SubClassOf") and ":Result" not in line]
    gone = set(random.sample(placed, random.randrange(5)))
    more = random.sample(EXTRA, random.randrange(3))
    file.write_text("\n".join([*(x for x in lines[:-1] if x not in gone), *more, ")"]), encoding="utf-8")
    with opened(str(folder)) as found:
        return Version.of(found)


def issues(knowledge: Knowledge | None, facts: tuple[Fact, ...]) -> set[str]:
    assert knowledge is not None
    return {one.id for one in infer("local|p1", patient(), facts, knowledge, at=AT, revision=1).issues}


def assessed(one: Version, other: Version, facts: tuple[Fact, ...]) -> tuple[Impact, tuple[Edit, ...]]:
    assessment = Assessment(one, other, at=AT)
    assessment.add(Case(patient(), facts, 1))
    return assessment.result(), assessment.edits


def test_effects_and_causes(tmp_path: Path) -> None:
    seen = several = 0
    for seed in range(SEEDS):
        random = Random(seed)
        one, other = (edited(tmp_path / f"{seed}{name}", random) for name in "ab")
        facts = tuple(random.sample(FACTS, random.randrange(3, len(FACTS) + 1)))
        found, edits = assessed(one, other, facts)
        variants = Variants(Reasoned(one), Reasoned(other), edits)
        before, after = issues(variants.before, facts), issues(variants.after, facts)
        ids = {effect: {c.issue.id for c in found.changes if c.effect is effect} for effect in Effect}
        renamed = [c for c in found.changes if "id" in c.fields]
        assert after - before == ids[Effect.GAINED] | {c.issue.id for c in renamed}
        assert before - after == ids[Effect.LOST] | {c.before.id for c in renamed if c.before}
        back, _ = assessed(other, one, facts)
        assert {c.issue.id for c in back.changes if c.effect is Effect.LOST} == ids[Effect.GAINED]
        for change in found.changes:
            if change.effect is Effect.CHANGED:
                continue
            variant = variants.made if change.effect is Effect.GAINED else variants.undone
            assert change.certain
            assert change.issue.id in issues(variant(frozenset(change.causes)), facts), seed
            for fewer in combinations(change.causes, len(change.causes) - 1):
                assert change.issue.id not in issues(variant(frozenset(fewer)), facts), seed
            seen += 1
            several += len(change.causes) > 1
    assert seen > SEEDS * 0.8
    assert several > SEEDS // 8
