"""What would remove a detected issue: suggestions for a clinician, never applied."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kgtwin.model.derivation import FactRef
from kgtwin.model.issue import Significance


class ActionKind(StrEnum):
    """What a clinician can do about a fact, or about one that is missing."""

    STOP = "stop"
    WAIT = "wait"
    REPEAT = "repeat"
    CHANGE = "change"
    LOWER = "lower"
    MEASURE = "measure"
    START = "start"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One change. ``facts`` are all received facts that would no longer count, or would say something else: every order
    of the same medicine; none where something is to be measured or started.

    ``until`` is the time to wait for, of what ended and still acts; None where its end is not known.
    """

    kind: ActionKind
    text: str
    facts: tuple[FactRef, ...]
    until: str | None = None


class Appearing(msgspec.Struct, frozen=True):
    """An issue that is not there yet, or not any more, after a change."""

    issue: str
    statement: str
    title: str
    significance: Significance


class Suggestion(msgspec.Struct, frozen=True):
    """Changes that together remove an issue, none of them needless.

    It was verified by inferring without the facts of its actions: the issue is gone, and with it the issues of
    ``also_gone``; those of ``new`` appear, then or as soon as a medicine has been stopped (a wash-out). Repeating a
    result removes the issue only if it comes out otherwise: ``on_condition`` says so. It also says what was not looked
    at: what follows from a result, a medicine or a dose that is not there yet.
    """

    actions: tuple[Action, ...]
    new: tuple[Appearing, ...] = ()
    also_gone: tuple[Appearing, ...] = ()
    on_condition: str | None = None


class Repairs(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest sets of changes that remove an issue, the smallest first.

    ``fixed`` are the facts that it rests on and that nobody can change (a diagnosis, a gene). ``complete``: no other
    smallest set is missing; if not, so many were tried that the search was ended, or nothing was ``searched``: of a
    statement that is no pattern of facts, which ones to change cannot be told. ``advice`` is the mitigation that the
    statement or the rule names itself.
    """

    issue: str
    patient: str
    at: str
    revision: int
    suggestions: tuple[Suggestion, ...]
    fixed: tuple[FactRef, ...] = ()
    complete: bool = True
    searched: bool = True
    title: str = ""
    advice: str | None = None
