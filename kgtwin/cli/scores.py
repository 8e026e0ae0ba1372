"""Scores as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from kgtwin.model.score import Missing, Range, Score, ScoreStatus, Used
from kgtwin.vocabulary import NOT_VALIDATED

WIDEST = 100
"""An estimate that may be anything over so many times its least says nothing."""
WORDS = {ScoreStatus.OPEN: "no result: too much is missing", ScoreStatus.REFUSED: "refused"}


def score_lines(scores: Iterable[Score]) -> list[str]:
    """The results for patients like this one that rest on more than age and sex, a line each, and how many others."""
    scores = tuple(scores)
    told = [one for one in scores if one.established and one.value and any(_is_clinical(i) for i in one.inputs)]
    shown = [one for one in told if not _says_nothing(one)]
    rest = f"{len(scores) - len(shown)} others: refused, made for others, or little is known (kgtwin score)"
    return [*map(score_line, shown), rest]


def _is_clinical(one: Used) -> bool:
    return one.kind not in ("age", "sex")


def score_line(score: Score) -> str:
    """One score in a line: the result, or why there is none, and the next best fact."""
    head = f"{score.label}: {outcome(score)}"
    best = next((one for one in score.missing if one.most > 0 or one.assumed.width is None), None)
    return head if best is None else f"{head}; next best fact: {_named(best)}{_effect(best)}"


def outcome(score: Score) -> str:
    """The result with its unit and horizon, a range, or why there is none."""
    if score.value is None:
        return "; ".join([WORDS[score.status], *score.refusals])
    if _says_nothing(score):
        return WORDS[ScoreStatus.OPEN]
    horizon = f" within {score.horizon}" if score.horizon else ""
    return outcome_of(score.value, score.unit, score.kind) + horizon


def _says_nothing(score: Score) -> bool:
    """Whether missing inputs leave an estimate open."""
    return score.kind == "estimate" and score.value is not None and _is_empty(score.value)


def _is_empty(value: Range) -> bool:
    """Whether a range is about as wide as what the inputs can be at all, so that no reader can use it.

    >>> _is_empty(Range(0.000265, 530000.0)), _is_empty(Range(0.5, 4.1)), _is_empty(Range(None, 3.0))
    (True, False, False)
    """
    return value.low is not None and value.high is not None and 0 < WIDEST * value.low < value.high


def outcome_of(value: Range, unit: str, kind: str) -> str:
    """A result in words.

    >>> outcome_of(Range(0.081, 0.081), "1", "risk"), outcome_of(Range(2, 5), "{score}", "points")
    ('8.1 %', '2 to 5')
    """
    factor, shown = (100.0, "%") if (unit, kind) == ("1", "risk") else (1.0, "" if unit in ("1", "{score}") else unit)
    ends = [_number(end, factor) for end in (value.low, value.high)]
    text = ends[0] if value.low == value.high else f"{ends[0]} to {ends[1]}"
    return f"{text} {shown}".rstrip()


def _number(end: float | None, factor: float = 1.0) -> str:
    """Four digits, and no exponent.

    >>> _number(530000.0), _number(0.0000123), _number(2.5)
    ('530000', '0.0000123', '2.5')
    """
    if end is None:
        return "…"
    text = f"{end * factor:.4g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _named(one: Missing) -> str:
    """An input by its name in the equation, and by what it is, where that says more."""
    return one.name if one.name == one.label else f"{one.name}, {one.label}"


def _effect(one: Missing) -> str:
    shares = dict.fromkeys((f"{one.sure:.0%}", f"{one.most:.0%}"))
    return f" (narrows the range by {' to '.join(shares)})" if one.most else ""


def scores_text(scores: Sequence[Score], *, details: bool) -> str:
    """All scores, a line each; with details each with what it rests on."""
    if not scores:
        return f"no scores: none are current after death, or where the facts contradict the ontology\n\n{NOT_VALIDATED}"
    lines = [line for one in scores for line in (_details(one) if details else [score_line(one)])]
    return "\n".join([*lines, "", NOT_VALIDATED])


def _details(score: Score) -> Iterator[str]:
    yield f"{score.label} ({score.equation}): {outcome(score)}"
    yield f"  at {score.at}, revision {score.revision}, knowledge {score.knowledge}; {score.basis}, {score.review}"
    for label, texts in (
        ("used", [_used(one) for one in score.inputs]),
        ("missing", [_missing(one, score) for one in score.missing]),
        ("not confirmed", score.unconfirmed),
        ("population", [score.population] if score.population else []),
        ("published confidence", score.confidence),
        ("evidence", [f"({one.status}) {one.source}" for one in score.evidence]),
        ("DOI", [score.doi] if score.doi else []),
        ("checked by", [score.checked_by] if score.checked_by else []),
        ("caveat", [f"{one.code.value}: {one.text}" for one in score.caveats]),
    ):
        yield from (f"  {label}: {text}" for text in texts)


def _used(one: Used) -> str:
    yes_or_no = {0.0: "no", 1.0: "yes"}.get(one.value.low or 0.0) if one.kind not in ("age", "result") else None
    value = yes_or_no or outcome_of(one.value, one.unit, "")
    where = ", ".join(source.resource for source in one.facts)
    return f"{one.name} = {value}, {one.label}: {one.reason} [{', '.join(filter(None, (one.when, where)))}]"


def _missing(one: Missing, score: Score) -> str:
    place = "no or yes" if one.kind not in ("age", "result") else f"taken to be {outcome_of(one.assumed, one.unit, '')}"
    ends = [outcome_of(end, score.unit, score.kind) for end in (one.if_lowest, one.if_highest) if end is not None]
    effects = f"; then {' or '.join(ends)}{_effect(one)}" if ends else ""
    return f"{_named(one)} ({one.reason}): {place}{effects}"
