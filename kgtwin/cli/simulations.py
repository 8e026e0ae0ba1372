"""What-ifs and projections as text for people, and as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from kgtwin.cli.counting import counted
from kgtwin.cli.render import caveat_lines, columns, visible
from kgtwin.cli.scores import outcome_of
from kgtwin.model.caveat import Caveat
from kgtwin.model.history import IssueDifference
from kgtwin.model.issue import DetectedIssue, issue_to_dict
from kgtwin.model.score import Range
from kgtwin.model.simulation import (
    Effect,
    Outcome,
    Refused,
    ScoreDifference,
    Simulation,
    Step,
    words,
)
from kgtwin.vocabulary import NOT_VALIDATED

SUPPOSED = "supposed, not received: nothing of this is stored"


def outcome_text(outcome: Outcome) -> str:
    """What would follow, moment by moment."""
    lines = [f"{outcome.patient} at {outcome.at}, revision {outcome.revision}; {SUPPOSED}"]
    lines.append(f"issues before any change: {len(outcome.before)}")
    for number, step in enumerate(outcome.steps):
        lines += ["", *_step_lines(step, first=number == 0)]
    lines += refused_lines(outcome.refused)
    lines += listed("assumed", outcome.assumptions)
    lines += ["", "caveats", *caveat_lines(outcome.caveats)] if outcome.caveats else []
    return "\n".join([*lines, "", NOT_VALIDATED])


def _step_lines(step: Step, *, first: bool) -> list[str]:
    made = visible(", then ".join(step.changes)) or "no change"
    lines = [f"{step.at}: {made}"]
    effect = step.effect
    rows = [*_rows("+", effect.appear), *_rows("-", effect.vanish)]
    rows += [row for one in effect.change if one.after for row in _rows("~", [one.after])]
    lines += (
        [f"  {line}" for line in columns(("", "significance", "kind", "issue", "rests on"), rows).splitlines()]
        if (rows)
        else ["  no issue appears or vanishes, which is no proof of safety"]
    )
    if effect.stay:
        lines.append(
            f"  {counted(effect.stay, 'issue')} {'stays as it is' if effect.stay == 1 else 'stay as they are'}"
        )
    if not first:
        lines += [f"  since the step before: {_since(one)}" for one in step.since]
    lines += [f"  score {_score(one)}" for one in effect.scores]
    lines += _caveats("+ caveat", effect.caveats_appear) + _caveats("- caveat", effect.caveats_vanish)
    return lines


def _rows(sign: str, issues: Iterable[DetectedIssue]) -> list[tuple[str, ...]]:
    return [(sign, one.significance.value, one.kind.value, visible(one.title), _resting(one)) for one in issues]


def _resting(issue: DetectedIssue) -> str:
    names = (one.coding.name + (" (supposed)" if one.fact.startswith("s-") else "") for one in issue.implicated)
    return visible("; ".join(dict.fromkeys(names)))


def _since(one: IssueDifference) -> str:
    issue = one.after or one.before
    assert issue is not None, "one side is there"
    return f"{'+' if one.after else '-'} {visible(issue.title)}: {_resting(issue)} (by {one.reason.value})"


def _score(one: ScoreDifference) -> str:
    before, after = (
        "nothing" if ends is None else outcome_of(Range(*ends), one.unit, one.kind) for ends in (one.before, one.after)
    )
    return f"{one.label}: {before} -> {after}"


def _caveats(sign: str, caveats: Sequence[Caveat]) -> list[str]:
    return [f"  {sign}: {visible(line.strip())}" for line in caveat_lines(caveats)] if caveats else []


def refused_lines(refused: Sequence[Refused]) -> list[str]:
    """What could not be changed, and why."""
    return listed("refused", [str(one) for one in refused])


def listed(title: str, texts: Sequence[str]) -> list[str]:
    """Texts below a title; nothing where there are none."""
    return ["", title, *(f"  {visible(text)}" for text in texts)] if texts else []


def simulation_text(found: Simulation) -> str:
    """A projection with all that it rests on."""
    lines = [f"{found.label} for {found.patient}"]
    if found.points:
        rows = [(p.at, f"{p.median:.4g}", f"{p.low:.4g} to {p.high:.4g}") for p in found.points]
        lines += ["", columns(("at", f"median, {found.unit}", "90 % interval"), rows)]
    else:
        lines += ["", "not run; the caveats say why"]
    lines += listed("inputs", [f"{u.name} = {_with_unit(f'{u.value:.6g}', u.unit)} ({u.origin})" for u in found.inputs])
    lines += listed(
        "parameters",
        [f"{p.name} = {_with_unit(f'{p.value:g}', p.unit)} ({p.spread}; {p.meaning})" for p in found.parameters],
    )
    lines += listed("assumed", found.assumptions)
    lines += ["", f"for whom: {found.population}"]
    lines += [f"evidence ({one.status}): {one.source}" for one in found.evidence]
    lines += [f"doi:{found.doi}; {found.review}", "", "caveats", *caveat_lines(found.caveats)]
    return "\n".join([*lines, "", "A projection of a group's numbers is no prognosis of this patient.", NOT_VALIDATED])


def _with_unit(number: str, unit: str) -> str:
    """A number and its unit; UCUM's unit of what has none is left out."""
    return number if unit == "1" else f"{number} {unit}"


def outcome_to_dict(outcome: Outcome) -> dict[str, Any]:
    """A what-if as plain values."""
    return {
        "patient": outcome.patient,
        "at": outcome.at,
        "revision": outcome.revision,
        "knowledge": outcome.knowledge,
        "hypothetical": True,
        "before": [issue_to_dict(one) for one in outcome.before],
        "steps": [_step_to_dict(one) for one in outcome.steps],
        "refused": [refused_to_dict(one) for one in outcome.refused],
        "assumptions": list(outcome.assumptions),
        "caveats": [msgspec.to_builtins(one) for one in outcome.caveats],
        "safety": NOT_VALIDATED,
    }


def _step_to_dict(step: Step) -> dict[str, Any]:
    return {
        "at": step.at,
        "changes": list(step.changes),
        "facts": [msgspec.to_builtins(one) for one in step.facts],
        "effect": effect_to_dict(step.effect),
        "since": [_difference_to_dict(one) for one in step.since],
        "issues": [one.id for one in step.issues],
    }


def effect_to_dict(effect: Effect) -> dict[str, Any]:
    """What changes do at one moment, as plain values."""
    return {
        "appear": [issue_to_dict(one) for one in effect.appear],
        "vanish": [issue_to_dict(one) for one in effect.vanish],
        "change": [_difference_to_dict(one) for one in effect.change],
        "stay": effect.stay,
        "caveatsAppear": [msgspec.to_builtins(one) for one in effect.caveats_appear],
        "caveatsVanish": [msgspec.to_builtins(one) for one in effect.caveats_vanish],
        "scores": [msgspec.to_builtins(one) for one in effect.scores],
    }


def _difference_to_dict(one: IssueDifference) -> dict[str, Any]:
    return {
        "before": issue_to_dict(one.before) if one.before else None,
        "after": issue_to_dict(one.after) if one.after else None,
        "reason": one.reason.value,
        "facts": [msgspec.to_builtins(fact) for fact in one.facts],
    }


def refused_to_dict(one: Refused) -> dict[str, Any]:
    """A refused change as plain values."""
    found: dict[str, Any] = msgspec.to_builtins(one)
    return {**found, "words": words(one.change)}


def simulation_to_dict(found: Simulation) -> dict[str, Any]:
    """A projection as plain values."""
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return {**plain, "interval": "5th to 95th percentile", "hypothetical": True, "safety": NOT_VALIDATED}
