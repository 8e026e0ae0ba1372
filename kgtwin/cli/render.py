"""Twins, issues and tables as text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from unicodedata import category

import msgspec

from kgtwin.cli.counting import counted
from kgtwin.cli.predictions import prediction_lines
from kgtwin.cli.scores import score_lines
from kgtwin.identifiers import to_curie
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.derivation import to_text
from kgtwin.model.fact import (
    BooleanValue,
    CodedValue,
    Fact,
    PatientRecord,
    PeriodValue,
    Quantity,
    QuantityRange,
    Ratio,
    TextValue,
    Value,
)
from kgtwin.model.issue import DetectedIssue, Inference, issue_to_dict, risk_to_dict
from kgtwin.model.override import Override
from kgtwin.model.score import score_to_dict
from kgtwin.model.twin import Table, Twin
from kgtwin.vocabulary import NOT_VALIDATED

SHOWN_CAVEATS = 12
WRONG = frozenset({CaveatCode.CONTRADICTION, CaveatCode.IMPLAUSIBLE})


def issue_summary(issues: Sequence[DetectedIssue], patients: int) -> str:
    """Counts by kind and significance."""
    affected = len({issue.patient for issue in issues})
    head = f"{counted(len(issues), 'issue')} in {affected} of {counted(patients, 'patient')}"
    counts = Counter((issue.kind.value, issue.significance.value) for issue in issues)
    rows = [(kind, significance, str(count)) for (kind, significance), count in sorted(counts.items())]
    return head + ("\n" + columns(("kind", "significance", "issues"), rows) if rows else "") + f"\n{NOT_VALIDATED}"


def inference_text(inference: Inference, kept: int | None) -> str:
    """What was inferred of one patient: each issue in a line, and why there may be more.

    ``kept`` is the revision that stores it, None where nothing does.
    """
    where = "not kept" if kept is None else f"kept at revision {kept}"
    lines = [f"{inference.patient} at {inference.at}, facts of revision {inference.revision}, {where}"]
    lines += map(issue_line, inference.issues)
    lines += [] if inference.issues else ["none found; that is no proof of safety"]
    how = f"`kgtwin twin '{inference.patient}' --at {inference.at} --json`"
    return "\n".join([*lines, "", "Caveats", *caveat_lines(inference.caveats, how), "", NOT_VALIDATED])


def columns(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Left-aligned columns.

    >>> print(columns(("a", "b"), [("1", "22")]))
    a  b
    1  22
    """
    table = [list(names), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )


def table_text(table: Table) -> str:
    """A query's answer."""
    text = columns(table.columns, (tuple("" if v is None else visible(str(v)) for v in row) for row in table.rows))
    return text + ("\n… cut at the row limit" if table.truncated else "")


def visible(text: str) -> str:
    """A text in one line: what is received must not steer a terminal, nor turn the direction of a line.

    >>> visible("a\\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or category(one) == "Zs" else ascii(one)[1:-1] for one in text)


def sparql_text(body: bytes, truncated: bool) -> str:
    """SPARQL 1.1 results in JSON as columns, or as yes and no; IRIs of known stems as CURIEs.

    >>> print(sparql_text(b'{"head": {}, "boolean": true}', False))
    yes
    """
    answer = msgspec.json.decode(body)
    if "boolean" in answer:
        return "yes" if answer["boolean"] else "no"
    names = tuple(answer["head"]["vars"])
    rows = (tuple(_term(row.get(name)) for name in names) for row in answer["results"]["bindings"])
    return table_text(Table(names, tuple(rows), truncated))


def _term(term: dict[str, str] | None) -> str:
    if term is None:
        return ""
    return to_curie(term["value"]) if term["type"] == "uri" else term["value"]


def twin_text(twin: Twin, overridden: Mapping[str, Override] = MappingProxyType({})) -> str:
    """Who, what is known, what follows; ``overridden`` are the overrides that silence issues, by the issue's id."""
    lines = [_who(twin.patient), f"{len(twin.facts)} facts at revision {twin.revision}"]
    kinds = Counter(fact.kind.value for fact in twin.facts)
    lines.append(", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    for kind in ("Condition", "Medication", "Allergy", "FamilyHistory"):
        facts = [fact for fact in twin.facts if fact.kind.value == kind]
        if facts:
            lines += ["", kind, *(f"  {fact_line(fact)}" for fact in facts)]
    if twin.inference:
        lines += [
            "",
            f"Issues at {twin.inference.at}",
            *(f"  {issue_line(i, overridden.get(i.id))}" for i in twin.inference.issues),
        ]
        if not twin.inference.issues:
            lines.append("  none found; that is no proof of safety")
        if twin.inference.scores:
            lines += ["", "Published equations", *(f"  {line}" for line in score_lines(twin.inference.scores))]
        lines += prediction_lines(twin.inference)
        lines += ["", "Caveats", *caveat_lines(twin.inference.caveats)]
    return "\n".join([*lines, "", NOT_VALIDATED])


def _who(patient: PatientRecord) -> str:
    parts = [patient.key, patient.name, patient.gender, patient.birth_date and f"born {patient.birth_date}"]
    if patient.deceased:
        parts.append("died" if patient.deceased is True else f"died {patient.deceased}")
    return ", ".join(part for part in parts if part)


def fact_line(fact: Fact) -> str:
    """One fact in a line."""
    when = " to ".join(part for part in (fact.when.start, fact.when.end) if part) or "undated"
    value = f" = {value_text(fact.value)}" if fact.value is not None else ""
    return f"{fact.code.name}{value} [{fact.status or 'no status'}; {when}; {fact.provenance.resource}]"


def value_text(value: Value) -> str:  # noqa: PLR0911 - one form a case
    """A value as received."""
    match value:
        case Quantity():
            return f"{value.comparator or ''}{value.value} {value.unit or value.code or ''}".strip()
        case QuantityRange(low=low, high=high):
            return f"{value_text(low) if low else '…'} to {value_text(high) if high else '…'}"
        case Ratio(numerator=top, denominator=bottom):
            return f"{value_text(top) if top else '?'} / {value_text(bottom) if bottom else '?'}"
        case CodedValue():
            return value.value.name
        case BooleanValue():
            return "yes" if value.value else "no"
        case PeriodValue():
            return f"{value.value.start or '…'} to {value.value.end or '…'}"
        case TextValue():
            return value.value


def issue_line(issue: DetectedIssue, override: Override | None = None) -> str:
    """One issue in a line, with who overrode it."""
    line = f"{issue.significance.value}: {issue.title} ({issue.kind.value}, {issue.statement}, {issue.id})"
    return line if override is None else f"{line}; {_overridden(override)}"


def _overridden(override: Override) -> str:
    text = f": {visible(override.text)}" if override.text else ""
    return f"overridden by {visible(override.by)} on {override.at[:10]}, {override.words}{text}"


def issue_dict(issue: DetectedIssue, override: Override | None = None) -> dict[str, Any]:
    """An issue as plain values; with ``override``, where one silences it."""
    found = issue_to_dict(issue)
    return found if override is None else {**found, "override": msgspec.to_builtins(override)}


def caveat_lines(caveats: Sequence[Caveat], how: str = "--json") -> list[str]:
    """Caveats, the first few in full; those of data that cannot be right before others. ``how`` to see all of them."""
    some = sorted(caveats, key=lambda caveat: caveat.code not in WRONG)
    lines = [f"  {caveat.code.value}: {caveat.text}" for caveat in some[:SHOWN_CAVEATS]]
    if len(caveats) > SHOWN_CAVEATS:
        lines.append(f"  … and {len(caveats) - SHOWN_CAVEATS} more ({how} shows all)")
    return lines or ["  none"]


def _graveness(issue: DetectedIssue) -> str:
    """The significance, with FHIR's word beside it where that is another one."""
    ours, theirs = issue.significance.value, issue.severity
    return ours if ours == theirs else f"{ours} ({theirs})"


def issue_text(issue: DetectedIssue, override: Override | None = None) -> str:
    """An issue with its evidence and its whole derivation."""
    lines = [
        f"{_graveness(issue)}, {issue.kind.value}: {issue.title}",
        issue.detail,
        f"patient {issue.patient}, at {issue.at}, revision {issue.revision}, knowledge {issue.knowledge}",
        f"statement {issue.statement}, {issue.review}",
        f"status {issue.status}" + (f"; {_overridden(override)}" if override else ""),
    ]
    for one in issue.evidence:
        lines.append(f"evidence ({one.status}): {one.source}" + (f" — “{one.text}”" if one.text else ""))
    if issue.mitigation:
        lines.append(f"mitigation: {issue.mitigation}")
    lines += [
        "",
        "derivation",
        to_text(issue.derivation),
        "",
        "caveats",
        *caveat_lines(issue.caveats, "--format json"),
        "",
        NOT_VALIDATED,
    ]
    return "\n".join(lines)


def twin_to_dict(twin: Twin, overridden: Mapping[str, Override] = MappingProxyType({})) -> dict[str, Any]:
    """A twin as plain values; decimals as text, as received."""
    inference = twin.inference
    return {
        "patient": msgspec.to_builtins(twin.patient),
        "revision": twin.revision,
        "facts": [msgspec.to_builtins(fact) for fact in twin.facts],
        "at": inference.at if inference else None,
        "issues": [issue_dict(one, overridden.get(one.id)) for one in inference.issues] if inference else [],
        "risks": [risk_to_dict(risk) for risk in inference.risks] if inference else [],
        "predicted": msgspec.to_builtins(inference.predicted) if inference else None,
        "scores": [score_to_dict(score) for score in inference.scores] if inference else [],
        "caveats": [msgspec.to_builtins(caveat) for caveat in inference.caveats] if inference else [],
        "safety": NOT_VALIDATED,
    }
