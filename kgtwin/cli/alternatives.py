"""Alternatives as text for people, and as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from kgtwin.cli.counting import counted
from kgtwin.cli.render import SHOWN_CAVEATS, columns, visible
from kgtwin.cli.simulations import SUPPOSED, effect_to_dict, listed, refused_lines, refused_to_dict
from kgtwin.model.alternative import Alternative, Alternatives, Apart, Basis, Before, Raised, Standing, Way
from kgtwin.model.issue import Significance
from kgtwin.vocabulary import NOT_VALIDATED

STANDINGS = {
    Standing.NO_KNOWN_ISSUE: "no known issue",
    Standing.UNDECIDED: "undecided",
    Standing.LITTLE_KNOWN: "LITTLE KNOWN",
    Standing.ISSUES: "issues",
    Standing.NOT_COVERED: "NOT COVERED",
    Standing.ALLERGIC: "ALLERGY",
}
HEADINGS = {
    "": "",
    Apart.LOCAL.value: "apart: only local forms are known of them",
    Apart.MECHANISM.value: "apart: in this class by mechanism alone, and given for another use",
    Standing.NOT_COVERED.value: "apart: no statement is about them, so that no issue can be known",
    Apart.COMBINATION.value: "apart: combination products",
    Standing.ALLERGIC.value: "last: the patient is allergic to them",
}
NOTES = {Apart.LOCAL: "only local forms known", Apart.MECHANISM: "by mechanism alone"}
COLUMNS = ("medicine", "known issues", "contra", "major", "moderate", "minor", "to do", "open", "statements", "")
NOTE = (
    "The order is by what is known against each, then by how much is known of it. "
    "It does not say that a medicine suits the patient."
)
Row = tuple[str, ...]


def alternatives_text(found: Alternatives) -> str:
    """A table a section, what is known against each and how much is known of it; then each issue with its medicines."""
    instead = f" instead of {visible(found.instead_of)}" if found.instead_of else ""
    asked = f"{found.label}{instead} for {found.patient} at {found.at}"
    lines = [f"{asked}: {counted(len(found.found), 'medicine')}; {SUPPOSED}", *_beside(found)]
    for section, heading in HEADINGS.items():
        rows = [row for one in found.found if _section(one) == section for row in _rows(one)]
        lines += ["", *([heading] if heading else []), columns(COLUMNS, rows)] if rows else []
    lines += _how_well(found)
    against = "issues that would appear"
    lines += listed(against, _issue_lines(found, to_do=False))
    lines += listed("to be measured before the start", _issue_lines(found, to_do=True))
    lines += listed("taken before", [_before(one, past) for one in found.found for past in one.before])
    lines += _open_lines(found)
    lines += refused_lines(found.refused)
    lines += listed("assumed", list(_assumed(found)))
    return "\n".join([*lines, "", NOTE, NOT_VALIDATED])


def _beside(found: Alternatives) -> list[str]:
    """What of the class is taken already, and stays."""
    taken = [one.label for one in found.found if one.taken and not one.replaced]
    if not taken:
        return []
    how = "" if found.instead_of else " (--instead-of X stops X first)"
    return [f"taken now of this class: {visible(', '.join(taken))}; the others are looked at beside it{how}"]


def _section(one: Alternative) -> str:
    """By what an alternative stands apart."""
    if one.standing is Standing.ALLERGIC:
        return one.standing.value
    if one.apart is Apart.COMBINATION:
        return one.apart.value
    if one.standing is Standing.NOT_COVERED:
        return one.standing.value
    return one.apart.value if one.apart else ""


def _rows(one: Alternative) -> Iterator[Row]:
    """One row, and one more for each way to take it of which the answer differs from the first one's."""
    others = [way for way in one.ways[1:] if way.said != one.first.said]
    route = f", {_how(one.first)}" if others and one.first.route else ""
    products = sum(len(way.products) for way in one.ways)
    taken = "taken now" if one.taken else "taken before" if one.before else ""
    apart = NOTES.get(one.apart, "") if one.apart and _section(one) != one.apart.value else ""
    notes = [taken, "to be replaced" if one.replaced else "", apart, counted(products, "product") if products else ""]
    yield _row(f"{one.label}{route}", one.first, "; ".join(filter(None, notes)))
    yield from (_row(f"  {_how(way)}", way, "") for way in others)


def _row(label: str, way: Way, note: str) -> Row:
    counts = (str(way.count(significance) or "") for significance in Significance)
    open_ = "?" if way.effect is None and way.coverage.specific else str(len(way.undecided) or "")
    known = str(way.coverage.specific)
    return (visible(label), STANDINGS[way.standing], *counts, str(len(way.to_do) or ""), open_, known, note)


def _how(way: Way) -> str:
    """A way in words: its route, or the products."""
    if not way.products:
        return way.route.lower() if way.route else "route not known"
    more = f" and {len(way.products) - 1} more" if len(way.products) > 1 else ""
    return f"{way.products[0].label}{more}"


def _how_well(found: Alternatives) -> list[str]:
    """What little known, open and a question mark mean, where they occur."""
    said = []
    if any(one.standing is Standing.LITTLE_KNOWN for one in found.found):
        said.append(
            f"little known: fewer than {found.few:g} statements could speak about them "
            f"(usual in this class: {found.usual:g}), so that it says little that no issue is known"
        )
    if unseen := sum(not one.whole and one.coverage.specific > 0 for one in found.found):
        said.append(
            f"?: what could not be decided was not looked at for {unseen} of them (--whole {len(found.found)} does)"
        )
    return ["", *said] if said else []


def _issue_lines(found: Alternatives, *, to_do: bool) -> list[str]:
    """Each newly appearing issue once, with the medicines of which it would appear."""
    of: dict[tuple[int, str, str, str], list[str]] = {}
    for one in found.found:
        for issue, name in _raised(one):
            if issue.to_do is to_do:
                evidence = "verified" if issue.verified else "unverified"
                key = (issue.significance.rank, issue.significance.value, issue.title, evidence)
                named = of.setdefault(key, [])
                if name not in named:
                    named.append(name)
    ordered = sorted(of.items(), key=lambda item: item[0][0])
    return [f"{grade}: {title} ({status}): {', '.join(names)}" for (_, grade, title, status), names in ordered]


def _raised(one: Alternative) -> Iterator[tuple[Raised, str]]:
    """The issues of all ways, each with the name of its medicine, and of the way where others have it not."""
    differing = any(way.said != one.first.said for way in one.ways)
    for way in one.ways:
        for issue in way.raised:
            everywhere = all(any(issue.statement == other.statement for other in w.raised) for w in one.ways)
            yield issue, one.label if everywhere or not differing else f"{one.label} ({_how(way)})"


def _before(one: Alternative, past: Before) -> str:
    when = past.end[:10] if past.end else "on a day that is not known"
    text = f"{one.label}: {past.label} ({past.resource}), {past.status or 'ended'} {when}"
    if past.raised is None:
        return text
    issues = "; ".join(f"{issue.significance.value}: {issue.title}" for issue in past.raised)
    return f"{text}; issues with it then: {issues or 'none known'}"


def _open_lines(found: Alternatives) -> list[str]:
    """What was left undecided, each once, with how many medicines it concerns."""
    whole = [one for one in found.found if one.whole]
    open_ = [dict.fromkeys(caveat.text for way in one.ways for caveat in way.undecided) for one in whole]
    found_ = Counter(text for texts in open_ for text in texts)
    texts = [f"{text} ({count} of {len(whole)})" for text, count in found_.most_common(SHOWN_CAVEATS)]
    more = len(found_) - len(texts)
    return listed("left undecided", [*texts, *([f"… and {more} more (--json shows all)"] if more > 0 else [])])


def _assumed(found: Alternatives) -> Iterator[str]:
    """The routes, each once with its medicines."""
    of: dict[tuple[Basis, str], list[str]] = {}
    for one in found.found:
        for way in one.ways:
            if way.basis is not Basis.ASKED and not way.products:
                of.setdefault((way.basis, (way.route or "").lower()), []).append(one.label)
    for basis, title in (
        (Basis.PRODUCTS, "given by the {}, as their known products"),
        (Basis.SUPPOSED, "given by the {}, which is supposed: no product is known, and the route matters"),
        (Basis.UNKNOWN, "given by a route that is not known: no product is, and no statement about them asks for it"),
    ):
        for (known, route), names in of.items():
            if known is basis:
                yield f"{title.format(route)}: {', '.join(dict.fromkeys(names))}"


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
        "usualStatements": found.usual,
        "fewStatements": found.few,
        "alternatives": [_alternative_to_dict(one) for one in found.found],
        "refused": [refused_to_dict(one) for one in found.refused],
        "safety": NOT_VALIDATED,
    }


def _alternative_to_dict(one: Alternative) -> dict[str, Any]:
    return {
        "medicine": one.medicine,
        "label": one.label,
        "standing": one.standing.value,
        "apart": one.apart.value if one.apart else None,
        "taken": one.taken,
        "replaced": one.replaced,
        "before": [_before_to_dict(past) for past in one.before],
        "ways": [_way_to_dict(way) for way in one.ways],
    }


def _way_to_dict(way: Way) -> dict[str, Any]:
    return {
        "route": way.route,
        "standing": way.standing.value,
        "coverage": {
            "specific": way.coverage.specific,
            "general": way.coverage.general,
            "byKind": {kind.value: count for kind, count in way.coverage.by_kind},
        },
        "basis": way.basis.value,
        "local": way.local,
        "products": [msgspec.to_builtins(one) for one in way.products],
        "issues": _raised_to_dict(way.raised),
        "effect": effect_to_dict(way.effect) if way.effect is not None else None,
        "undecided": [msgspec.to_builtins(caveat) for caveat in way.undecided] if way.effect is not None else None,
        "assumptions": list(way.assumptions),
    }


def _before_to_dict(past: Before) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(past)
    del plain["raised"]
    return {**plain, "issues": None if past.raised is None else _raised_to_dict(past.raised)}


def _raised_to_dict(raised: Iterable[Raised]) -> list[dict[str, Any]]:
    return [{**msgspec.to_builtins(one), "toDo": one.to_do} for one in raised]
