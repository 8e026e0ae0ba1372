"""What-ifs, alternatives and projections as text for people, and as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from kgtwin.cli.counting import counted
from kgtwin.cli.render import SHOWN_CAVEATS, caveat_lines, columns, visible
from kgtwin.cli.scores import outcome_of
from kgtwin.model.caveat import Caveat
from kgtwin.model.history import IssueDifference
from kgtwin.model.issue import DetectedIssue, Significance, issue_to_dict
from kgtwin.model.score import Range
from kgtwin.model.simulation import (
    Alternative,
    Alternatives,
    Effect,
    Outcome,
    Refused,
    ScoreDifference,
    Simulation,
    Standing,
    Step,
    words,
)
from kgtwin.vocabulary import NOT_VALIDATED

STANDINGS = {
    Standing.NO_KNOWN_ISSUE: "no known issue",
    Standing.UNDECIDED: "undecided",
    Standing.ISSUES: "issues",
    Standing.NOT_COVERED: "NOT COVERED",
}
SUPPOSED = "supposed, not received: nothing of this is stored"


def outcome_text(outcome: Outcome) -> str:
    """What would follow, moment by moment."""
    lines = [f"{outcome.patient} at {outcome.at}, revision {outcome.revision}; {SUPPOSED}"]
    lines.append(f"issues before any change: {len(outcome.before)}")
    for number, step in enumerate(outcome.steps):
        lines += ["", *_step_lines(step, first=number == 0)]
    lines += _refused_lines(outcome.refused)
    lines += _listed("assumed", outcome.assumptions)
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


def _refused_lines(refused: Sequence[Refused]) -> list[str]:
    return _listed("refused", [str(one) for one in refused])


def _listed(title: str, texts: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {visible(text)}" for text in texts)] if texts else []


def alternatives_text(found: Alternatives) -> str:
    """A table, the fewest and least grave known issues first, what is not covered apart."""
    instead = f" instead of {visible(found.instead_of)}" if found.instead_of else ""
    asked = f"{found.label}{instead} for {found.patient} at {found.at}"
    lines = [
        f"{asked}: {counted(len(found.found), 'medicine')}; {SUPPOSED}",
        "",
        columns(
            ("medicine", "known issues", "contra", "major", "moderate", "minor", "undecided", "statements", ""),
            [_row(one) for one in found.found],
        ),
    ]
    apart = sum(one.standing is Standing.NOT_COVERED for one in found.found)
    if apart:
        lines += ["", f"{apart} not covered: no statement is about them, so that no issue can be known"]
    lines += _issue_lines(found)
    lines += _open_lines(found)
    lines += _refused_lines(found.refused)
    lines += _listed("assumed", list(dict.fromkeys(text for one in found.found for text in one.assumptions)))
    note = "The order is by known issues alone. It does not say that a medicine suits the patient, or is safe."
    return "\n".join([*lines, "", note, NOT_VALIDATED])


def _row(one: Alternative) -> tuple[str, ...]:
    counts = (str(one.appearing(significance) or "") for significance in Significance)
    undecided = str(len(one.undecided) or "")
    taken = "taken now" if one.taken else ""
    return (visible(one.label), STANDINGS[one.standing], *counts, undecided, str(one.coverage.specific), taken)


def _issue_lines(found: Alternatives) -> list[str]:
    """Each newly appearing issue once, with the medicines of which it would appear."""
    of: dict[tuple[str, str, str], list[str]] = {}
    for one in found.found:
        for issue in one.effect.appear:
            named = of.setdefault((issue.significance.value, issue.title, _evidence(issue)), [])
            if one.label not in named:
                named.append(one.label)
    ordered = sorted(of.items(), key=lambda item: Significance(item[0][0]).rank)
    texts = [f"{grade}: {title} ({evidence}): {', '.join(names)}" for (grade, title, evidence), names in ordered]
    return _listed("issues that would appear", texts)


def _open_lines(found: Alternatives) -> list[str]:
    """What was left undecided, each once, with how many medicines it concerns."""
    counted = Counter(caveat.text for one in found.found for caveat in one.undecided)
    texts = [f"{text} ({count} of {len(found.found)})" for text, count in counted.most_common(SHOWN_CAVEATS)]
    more = len(counted) - len(texts)
    return _listed("left undecided", [*texts, *([f"… and {more} more (--json shows all)"] if more > 0 else [])])


def _evidence(issue: DetectedIssue) -> str:
    counted = Counter(one.status for one in issue.evidence)
    return "verified" if counted["verified"] else "unverified"


def simulation_text(found: Simulation) -> str:
    """A projection with all that it rests on."""
    lines = [f"{found.label} for {found.patient}"]
    if found.points:
        rows = [(p.at, f"{p.median:.4g}", f"{p.low:.4g} to {p.high:.4g}") for p in found.points]
        lines += ["", columns(("at", f"median, {found.unit}", "90 % interval"), rows)]
    else:
        lines += ["", "not run; the caveats say why"]
    lines += _listed(
        "inputs", [f"{u.name} = {_with_unit(f'{u.value:.6g}', u.unit)} ({u.origin})" for u in found.inputs]
    )
    lines += _listed(
        "parameters",
        [f"{p.name} = {_with_unit(f'{p.value:g}', p.unit)} ({p.spread}; {p.meaning})" for p in found.parameters],
    )
    lines += _listed("assumed", found.assumptions)
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
        "refused": [_refused_to_dict(one) for one in outcome.refused],
        "assumptions": list(outcome.assumptions),
        "caveats": [msgspec.to_builtins(one) for one in outcome.caveats],
        "safety": NOT_VALIDATED,
    }


def _step_to_dict(step: Step) -> dict[str, Any]:
    return {
        "at": step.at,
        "changes": list(step.changes),
        "facts": [msgspec.to_builtins(one) for one in step.facts],
        "effect": _effect_to_dict(step.effect),
        "since": [_difference_to_dict(one) for one in step.since],
        "issues": [one.id for one in step.issues],
    }


def _effect_to_dict(effect: Effect) -> dict[str, Any]:
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


def _refused_to_dict(one: Refused) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one)
    return {**found, "words": words(one.change)}


def alternatives_to_dict(found: Alternatives) -> dict[str, Any]:
    """A fan-out as plain values, in its order."""
    return {
        "patient": found.patient,
        "at": found.at,
        "revision": found.revision,
        "knowledge": found.knowledge,
        "hypothetical": True,
        "class": found.class_,
        "label": found.label,
        "insteadOf": found.instead_of,
        "alternatives": [_alternative_to_dict(one) for one in found.found],
        "refused": [_refused_to_dict(one) for one in found.refused],
        "safety": NOT_VALIDATED,
    }


def _alternative_to_dict(one: Alternative) -> dict[str, Any]:
    return {
        "medicine": one.medicine,
        "label": one.label,
        "standing": one.standing.value,
        "taken": one.taken,
        "coverage": {
            "specific": one.coverage.specific,
            "general": one.coverage.general,
            "byKind": {kind.value: count for kind, count in one.coverage.by_kind},
        },
        "effect": _effect_to_dict(one.effect),
        "undecided": [msgspec.to_builtins(caveat) for caveat in one.undecided],
        "assumptions": list(one.assumptions),
    }


def simulation_to_dict(found: Simulation) -> dict[str, Any]:
    """A projection as plain values."""
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return {**plain, "interval": "5th to 95th percentile", "hypothetical": True, "safety": NOT_VALIDATED}
