"""From rows to issues, compiled: what counts at a moment, what follows from it, who fills which condition.

The same code answers for one patient and for many. Two things are left to `infer`, and the patient is marked: what
takes an explanation (a statement that is no pattern), and what contradicts itself.
"""

from __future__ import annotations

from kgtwin.inference.columns.growing import Ints
from kgtwin.inference.columns.matching import match_statements
from kgtwin.inference.columns.places import age_places, span_gain
from kgtwin.inference.columns.rows import (
    AFTER,
    ANALYTE,
    BEGAN,
    BLOCKS,
    BORN_FIRST,
    BORN_LAST,
    CONCERNS,
    DIED,
    ENDED,
    EXPIRES,
    FIRST,
    GAIN,
    GROUP,
    HIGH,
    INSIDE,
    LAST,
    LATEST,
    LOW,
    MULTIPLE,
    MULTIPLES,
    OTHERWISE,
    READ,
    RESULT,
    SEEN,
    SEX,
    SEXED,
    STATE,
    TAKEN,
    UNTIL,
    WASHED,
    Many,
    Rows,
)
from kgtwin.inference.columns.tables import Tables
from kgtwin.inference.columns.work import (
    DEAD,
    EPOCH,
    FACTS,
    FIRED,
    FULL,
    IS_WHOLE,
    MET,
    MISSES,
    MISSING,
    OBSERVED_ROWS,
    PATIENT,
    QUEUED,
    RESULT_ROWS,
    SELECTED,
    SEX_FLAG,
    SPAN_ROWS,
    WHOLES,
    Out,
    Work,
)
from kgtwin.jit import inlined, kernel


@kernel
def find(
    tables: Tables, work: Work, out: Out, many: Many, first: int, last: int, at: int, today: int, ahead: int
) -> int:
    """The issues of the patients from ``first`` to ``last``; the first one that was not dealt with.

    It stops where ``out`` is full, and before a patient for whom gains are missing. With ``ahead`` it finds nothing but
    which gains are missing.
    """
    reg, most_misses = work.reg, 1 + len(tables.fixed.lasting_for)
    for patient in range(first, last):
        if reg[WHOLES] == len(out.wholes) or reg[MISSES] + most_misses > len(out.misses):
            return patient
        if _is_dead(many, patient, at):
            reg[DEAD] += 1
            continue
        _tell(tables, many, work, out, patient, at, today)
        if ahead:
            continue
        if reg[MISSING]:
            return patient
        _apply(tables, work)
        _follow(tables, work)
        if not reg[IS_WHOLE] and reg[MET]:
            match_statements(tables, work, out)
        if reg[FULL]:
            return patient
        if reg[IS_WHOLE]:
            out.wholes[reg[WHOLES]] = patient
            reg[WHOLES] += 1
    return last


@kernel
def told(tables: Tables, work: Work, out: Out, many: Many, patient: int, at: int, today: int) -> int:
    """How many gains of one patient count, which then are in ``work.selected``; -1 where gains are missing.

    It is not asked whether the patient lives. The conjunctions that hold are in ``work.fired``.
    """
    _tell(tables, many, work, out, patient, at, today)
    if work.reg[MISSING]:
        return -1
    _apply(tables, work)
    _follow(tables, work)
    return int(work.reg[SELECTED])


@kernel
def gather(
    tables: Tables, work: Work, out: Out, many: Many, first: int, last: int, at: int, today: int, counting: Ints
) -> int:
    """Writes who has which gains of the patients from ``first`` to ``last``; the first one that was not dealt with.

    ``counting`` (N, 2) takes gains and patients, and is full for a patient who may not fit; ``out.wholes`` those who
    contradict themselves, of whom nothing is written. It stops before a patient for whom gains are missing.
    """
    reg, most_misses = work.reg, 1 + len(tables.fixed.lasting_for)
    for patient in range(first, last):
        full = reg[FACTS] + len(work.selected) > len(counting)
        if full or reg[WHOLES] == len(out.wholes) or reg[MISSES] + most_misses > len(out.misses):
            return patient
        if _is_dead(many, patient, at):
            continue
        _tell(tables, many, work, out, patient, at, today)
        if reg[MISSING]:
            return patient
        _apply(tables, work)
        _follow(tables, work)
        if reg[IS_WHOLE]:
            out.wholes[reg[WHOLES]] = patient
            reg[WHOLES] += 1
            continue
        for one in range(reg[SELECTED]):
            counting[reg[FACTS], 0] = work.selected[one, 0]
            counting[reg[FACTS], 1] = patient
            reg[FACTS] += 1
    return last


@inlined
def _is_dead(many: Many, patient: int, at: int) -> bool:
    return bool(many.person[patient, DIED] <= at)


@inlined
def _tell(tables: Tables, many: Many, work: Work, out: Out, patient: int, at: int, today: int) -> None:
    reg = work.reg
    reg[PATIENT] = patient
    reg[EPOCH] += 1
    reg[QUEUED], reg[SELECTED], reg[MET], reg[IS_WHOLE], reg[MISSING], reg[FIRED] = 0, 0, 0, 0, 0, 0
    _tell_person(tables, many, work, out, patient, today)
    _tell_spans(tables, many, work, patient, at)
    _tell_observed(many, work, patient, at)
    _tell_results(tables, many, work, out, patient, at)


# what counts


@inlined
def _select(work: Work, gain: int, kind: int, row: int, end: int) -> None:
    reg = work.reg
    at = reg[SELECTED]
    work.selected[at, 0] = gain
    work.selected[at, 1] = kind
    work.selected[at, 2] = row
    work.selected[at, 3] = end
    reg[SELECTED] += 1


@inlined
def _tell_person(tables: Tables, many: Many, work: Work, out: Out, patient: int, today: int) -> None:
    person = many.person
    work.reg[SEX_FLAG] = person[patient, SEXED]
    if person[patient, SEX] >= 0:
        _select(work, person[patient, SEX], -1, 0, 0)
    born = person[patient, BORN_FIRST]
    if born and born <= today:
        low, high = age_places(tables, born, min(person[patient, BORN_LAST], today), today)
        gain = span_gain(tables, work, out, 0, low, high)
        if gain >= 0:
            _select(work, gain, -1, 0, 0)


@inlined
def _tell_spans(tables: Tables, many: Many, work: Work, patient: int, at: int) -> None:
    rows = many.spans
    for row in range(many.span_ends[patient], many.span_ends[patient + 1]):
        if rows[row, FIRST] <= at <= rows[row, LAST]:
            _select(work, rows[row, INSIDE], SPAN_ROWS, row, row + 1)
        elif rows[row, AFTER] <= at and rows[row, OTHERWISE] >= 0:
            _select(work, rows[row, OTHERWISE], SPAN_ROWS, row, row + 1)
            washed = rows[row, WASHED]
            if washed >= 0:
                ended = rows[row, ENDED] if rows[row, ENDED] <= at else rows[row, BEGAN]
                for number in range(len(tables.fixed.wash_outs)):
                    if ended >= at - tables.fixed.wash_outs[number]:
                        _select(work, washed + number, SPAN_ROWS, row, row + 1)


@inlined
def _tell_observed(many: Many, work: Work, patient: int, at: int) -> None:
    """The latest of each group, if any of the group concerns the context."""
    rows, first, last = many.observed, many.observed_ends[patient], many.observed_ends[patient + 1]
    for row in range(first, last):
        group = rows[row, GROUP]
        work.latest[group] = -1
        work.concerned[group] = 0
    for row in range(first, last):
        if rows[row, SEEN] <= at:
            work.latest[rows[row, GROUP]] = row
            work.concerned[rows[row, GROUP]] |= rows[row, CONCERNS]
    for row in range(first, last):
        group = rows[row, GROUP]
        counts = work.latest[group] == row and work.concerned[group] != 0 and at <= rows[row, UNTIL]
        if counts and rows[row, GAIN] >= 0:
            _select(work, rows[row, GAIN], OBSERVED_ROWS, row, row + 1)


@inlined
def _tell_results(tables: Tables, many: Many, work: Work, out: Out, patient: int, at: int) -> None:
    rows, row, last = many.results, many.result_ends[patient], many.result_ends[patient + 1]
    while row < last:
        end = row + 1
        while end < last and rows[end, ANALYTE] == rows[row, ANALYTE]:
            end += 1
        _tell_analyte(tables, rows, work, out, row, end, at)
        row = end


@inlined
def _tell_analyte(tables: Tables, rows: Rows, work: Work, out: Out, first: int, end: int, at: int) -> None:
    """The latest result that can be read, what is computed from it, and what lasted up to it."""
    found = -1
    for row in range(first, end):
        if rows[row, TAKEN] <= at:
            if rows[row, STATE] == READ:
                found = row
            elif rows[row, STATE] == BLOCKS:
                found = -1
    if found < 0 or at > rows[found, EXPIRES]:
        return
    _select(work, rows[found, RESULT], RESULT_ROWS, found, found + 1)
    for number in range(rows[found, MULTIPLES]):
        _select(work, rows[found, MULTIPLE] + number, RESULT_ROWS, found, found + 1)
    analyte = rows[found, ANALYTE]
    for at_list in range(tables.fixed.lasting.ends[analyte], tables.fixed.lasting.ends[analyte + 1]):
        number = tables.fixed.lasting.items[at_list]
        _tell_lasting(tables, rows, work, out, first, end, at, found, number)


@inlined
def _tell_lasting(
    tables: Tables, rows: Rows, work: Work, out: Out, first: int, end: int, at: int, found: int, number: int
) -> None:
    """The interval that all results span over the shortest window that is wide enough: see `realising.lasting`.

    A window with one among its rows that has not been taken yet is left to `infer`.
    """
    reached, begin = -1, 0
    for row in range(end - 1, first - 1, -1):
        if rows[row, TAKEN] <= at and rows[found, TAKEN] - rows[row, LATEST] >= tables.fixed.lasting_for[number]:
            reached = row
            break
    if reached < 0:
        return
    begin = rows[reached, TAKEN]
    for row in range(first, end):
        if rows[row, TAKEN] <= at and rows[row, LATEST] == rows[reached, LATEST]:
            begin = min(begin, rows[row, TAKEN])
    start, stop, low, high = -1, end, rows[found, LOW], rows[found, HIGH]
    for row in range(first, end):
        if rows[row, TAKEN] <= at and rows[row, LATEST] >= begin:
            if rows[row, STATE] != READ:
                return
            if start < 0:
                start = row
            elif row > stop:
                work.reg[IS_WHOLE] = 1
            stop = row + 1
            low, high = min(low, rows[row, LOW]), max(high, rows[row, HIGH])
    gain = span_gain(tables, work, out, number + 1, low, high)
    if gain >= 0:
        _select(work, gain, RESULT_ROWS, start, stop)


# what follows


@inlined
def _add(work: Work, atom: int) -> None:
    reg = work.reg
    if work.seen[atom] != reg[EPOCH]:
        work.seen[atom] = reg[EPOCH]
        work.queue[reg[QUEUED]] = atom
        reg[QUEUED] += 1


@inlined
def _apply(tables: Tables, work: Work) -> None:
    """Adds the atoms of all that was selected; gains that are there already add nothing."""
    reg, lists = work.reg, tables.of_gain
    for at in range(reg[SELECTED]):
        gain = work.selected[at, 0]
        if work.gained[gain] != reg[EPOCH]:
            work.gained[gain] = reg[EPOCH]
            if tables.clashes[gain]:
                reg[IS_WHOLE] = 1
            for item in range(lists.ends[gain], lists.ends[gain + 1]):
                _add(work, lists.items[item])


@inlined
def _follow(tables: Tables, work: Work) -> None:
    """Applies the conjunctions until nothing new follows; notes the statements that are met."""
    reg = work.reg
    done = 0
    while done < reg[QUEUED]:
        atom = work.queue[done]
        done += 1
        if atom == 0:
            reg[IS_WHOLE] = 1
            return
        statement = tables.fixed.statement_of[atom]
        if statement >= 0:
            work.met[reg[MET]] = statement
            reg[MET] += 1
        for item in range(tables.fixed.groups_of.ends[atom], tables.fixed.groups_of.ends[atom + 1]):
            group = tables.fixed.groups_of.items[item]
            if work.grouped[group] == reg[EPOCH]:
                reg[IS_WHOLE] = 1
                return
            work.grouped[group] = reg[EPOCH]
        for item in range(tables.fixed.rules_of.ends[atom], tables.fixed.rules_of.ends[atom + 1]):
            rule = tables.fixed.rules_of.items[item]
            if work.counted[rule] != reg[EPOCH]:
                work.counted[rule] = reg[EPOCH]
                work.left[rule] = tables.fixed.need[rule]
            work.left[rule] -= 1
            if work.left[rule] == 0:
                work.fired[reg[FIRED]] = rule
                reg[FIRED] += 1
                for head in range(tables.heads[rule, 0], tables.heads[rule, 1]):
                    _add(work, tables.of_rule[head])
