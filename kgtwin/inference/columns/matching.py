"""Compiled: all the ways in which a patient meets statements, as `kgtwin.inference.issues.matching` finds them.

Witnesses that are alike (of one kind) are taken together: what is combined are kinds, so that fifty renewals of a
medicine and fifty results cost no more than one of each.
"""

from __future__ import annotations

import numpy as np

from kgtwin.inference.columns.tables import (
    FEMALE,
    MALE,
    MEDICINE,
    SAME_SUBSTANCE,
    WASH_OUT,
    WASHED_OUT,
    WHOLE,
    Tables,
)
from kgtwin.inference.columns.work import (
    CONCEPTS,
    ENTRIES,
    EPOCH,
    FACTS,
    FULL,
    GROUPS,
    IS_WHOLE,
    ISSUES,
    MET,
    MOST_CONCEPTS,
    MOST_GROUPS,
    MOST_KINDS,
    SAID,
    SELECTED,
    SEX_FLAG,
    Out,
    Work,
)
from kgtwin.inference.columns.writing import is_news, write
from kgtwin.jit import inlined, part


@part
def match_statements(tables: Tables, work: Work, out: Out) -> None:
    """Writes the issues of all statements that are met; marks the patient where that takes an explanation."""
    reg = work.reg
    first_issue, first_fact, first_concept = reg[ISSUES], reg[FACTS], reg[CONCEPTS]
    _sort(work)
    any_same = False
    for at in range(reg[MET]):
        flags = tables.fixed.flags[work.met[at]]
        if flags & WHOLE or (flags & (FEMALE | MALE)) & ~reg[SEX_FLAG]:
            reg[IS_WHOLE] = 1
            return
        any_same |= flags & SAME_SUBSTANCE != 0
    _list_witnesses(tables, work)
    reg[SAID] = 0
    for at in range(reg[MET]):
        _match(tables, work, out, work.met[at], any_same)
        if reg[IS_WHOLE] or reg[FULL]:
            break
    if reg[IS_WHOLE] or reg[FULL]:
        reg[ISSUES], reg[FACTS], reg[CONCEPTS] = first_issue, first_fact, first_concept


@inlined
def _sort(work: Work) -> None:
    """The statements that are met by number: few, so by insertion."""
    met = work.met
    for at in range(1, work.reg[MET]):
        one, place = met[at], at
        while place > 0 and met[place - 1] > one:
            met[place] = met[place - 1]
            place -= 1
        met[place] = one


@inlined
def _list_witnesses(tables: Tables, work: Work) -> None:
    """Lists of what fills each conjunct that is asked about, and the ingredients that are taken now."""
    reg, epoch = work.reg, work.reg[EPOCH]
    reg[ENTRIES] = 0
    for at in range(reg[MET]):
        statement = work.met[at]
        for item in range(tables.fixed.conjuncts.ends[statement], tables.fixed.conjuncts.ends[statement + 1]):
            conjunct = tables.fixed.conjuncts.items[item]
            work.wanted[conjunct] = epoch
            work.heads[conjunct] = -1
    for at in range(reg[SELECTED] - 1, -1, -1):
        gain = work.selected[at, 0]
        for item in range(tables.takes.ends[gain], tables.takes.ends[gain + 1]):
            work.taken[tables.takes.items[item]] = epoch
        for item in range(tables.fills.ends[gain], tables.fills.ends[gain + 1], 2):
            conjunct = tables.fills.items[item]
            if work.wanted[conjunct] == epoch:
                entry = reg[ENTRIES]
                work.kinds[entry] = tables.fills.items[item + 1]
                work.of_selected[entry] = at
                work.following[entry] = work.heads[conjunct]
                work.heads[conjunct] = entry
                reg[ENTRIES] += 1


@inlined
def _match(tables: Tables, work: Work, out: Out, statement: int, any_same: bool) -> None:
    reg = work.reg
    first = tables.fixed.conjuncts.ends[statement]
    count = tables.fixed.conjuncts.ends[statement + 1] - first
    flags = tables.fixed.flags[statement]
    reg[GROUPS] = 0
    medicines = 0
    for column in range(count):
        conjunct = tables.fixed.conjuncts.items[first + column]
        _fill_column(tables, work, conjunct, column, flags & WASH_OUT != 0)
        if reg[IS_WHOLE] or work.counts[column] == 0:
            return
        if tables.fixed.conjunct_flags[conjunct] & MEDICINE:
            medicines += 1
    for column in range(count):
        work.place[column] = 0
    while True:
        _combine(tables, work, statement, count, medicines, flags & SAME_SUBSTANCE != 0)
        if reg[IS_WHOLE]:
            return
        column = count - 1
        while column >= 0:
            work.place[column] += 1
            if work.place[column] < work.counts[column]:
                break
            work.place[column] = 0
            column -= 1
        if column < 0:
            break
    for group in range(reg[GROUPS]):
        if any_same and not is_news(tables, work, statement, group, count, flags & SAME_SUBSTANCE != 0):
            continue
        write(tables, work, out, statement, group, count)
        if reg[FULL]:
            return


@inlined
def _fill_column(tables: Tables, work: Work, conjunct: int, column: int, washes_out: bool) -> None:
    """The kinds of witnesses for a conjunct, each once."""
    work.counts[column] = 0
    leave_taken = washes_out and tables.fixed.conjunct_flags[conjunct] & WASHED_OUT != 0
    entry = work.heads[conjunct]
    while entry >= 0:
        kind = work.kinds[entry]
        if not (leave_taken and _is_taken(tables, work, kind)) and not _is_covered(tables, work, conjunct, entry):
            known = False
            for at in range(work.counts[column]):
                known |= work.columns[column, at] == kind
            if not known:
                if work.counts[column] == MOST_KINDS:
                    work.reg[IS_WHOLE] = 1
                    return
                work.columns[column, work.counts[column]] = kind
                work.counts[column] += 1
        entry = work.following[entry]


@inlined
def _is_taken(tables: Tables, work: Work, kind: int) -> bool:
    for item in range(tables.identity.ends[kind], tables.identity.ends[kind + 1]):
        if work.taken[tables.identity.items[item]] == work.reg[EPOCH]:
            return True
    return False


@inlined
def _is_covered(tables: Tables, work: Work, conjunct: int, entry: int) -> bool:
    """Whether another witness is all that the end of a chain is known to be."""
    chain = tables.chain[work.kinds[entry]]
    if chain < 0:
        return False
    other = work.heads[conjunct]
    while other >= 0:
        its = tables.chain[work.kinds[other]]
        if its < 0:
            gain = work.selected[work.of_selected[other], 0]
            for item in range(tables.covers.ends[gain], tables.covers.ends[gain + 1]):
                if tables.covers.items[item] == chain:
                    return True
        elif (
            its != chain and tables.chain_covers[its, chain] and (not tables.chain_covers[chain, its] or other < entry)
        ):
            return True
        other = work.following[other]
    return False


@inlined
def _combine(tables: Tables, work: Work, statement: int, count: int, medicines: int, same_substance: bool) -> None:
    """One kind for each conjunct: adds it to the group of its ingredients and conditions, if it may be combined."""
    reg, first = work.reg, tables.fixed.conjuncts.ends[statement]
    if medicines > 1 and not _distinct(tables, work, first, count):
        return
    if same_substance and not _allergen(tables, work, first, count):
        return
    group = reg[GROUPS]
    if group == MOST_GROUPS:
        reg[IS_WHOLE] = 1
        return
    work.group_counts[group, 0] = 0
    work.group_counts[group, 1] = 0
    for column in range(count):
        kind = work.columns[column, work.place[column]]
        side = 0 if tables.fixed.conjunct_flags[tables.fixed.conjuncts.items[first + column]] & MEDICINE else 1
        for item in range(tables.identity.ends[kind], tables.identity.ends[kind + 1]):
            _insert(work, group, side, tables.identity.items[item])
    found = _same_group(work, group)
    if found == group:
        for column in range(count):
            work.group_kinds[group, column] = np.uint64(0)
        reg[GROUPS] += 1
    for column in range(count):
        work.group_kinds[found, column] |= np.uint64(1) << np.uint64(work.place[column])


@inlined
def _insert(work: Work, group: int, side: int, concept: int) -> None:
    """Adds a concept to one side of a group, in order, once."""
    concepts, count = work.group_concepts, work.group_counts[group, side]
    place = count
    while place > 0 and concepts[group, side, place - 1] > concept:
        place -= 1
    if place > 0 and concepts[group, side, place - 1] == concept:
        return
    if count == MOST_CONCEPTS:
        work.reg[IS_WHOLE] = 1
        return
    for at in range(count, place, -1):
        concepts[group, side, at] = concepts[group, side, at - 1]
    concepts[group, side, place] = concept
    work.group_counts[group, side] += 1


@inlined
def _same_group(work: Work, group: int) -> int:
    """The group with the same concepts, the given one itself where there is no other."""
    for other in range(group):
        same = True
        for side in range(2):
            same &= work.group_counts[other, side] == work.group_counts[group, side]
            if same:
                for at in range(work.group_counts[group, side]):
                    same &= work.group_concepts[other, side, at] == work.group_concepts[group, side, at]
        if same:
            return other
    return group


@inlined
def _distinct(tables: Tables, work: Work, first: int, count: int) -> bool:
    """Whether the medicines of a combination are distinct ones, none holding another's ingredient.

    Products of unknown ingredients are, if they are two: more than two of them at once are left to `infer`.
    """
    unknown = 0
    for column in range(count):
        conjunct = tables.fixed.conjuncts.items[first + column]
        if tables.fixed.conjunct_flags[conjunct] & MEDICINE == 0:
            continue
        kind = work.columns[column, work.place[column]]
        unknown += tables.identity.ends[kind] == tables.identity.ends[kind + 1]
        for before in range(column):
            earlier = tables.fixed.conjuncts.items[first + before]
            if tables.fixed.conjunct_flags[earlier] & MEDICINE:
                other = work.columns[before, work.place[before]]
                if _shares(tables, kind, other) or _shares(tables, other, kind):
                    return False
                if kind == other and not _are_two(work, earlier, conjunct, kind):
                    return False
    if unknown > 2:
        work.reg[IS_WHOLE] = 1
    return unknown <= 2


@inlined
def _are_two(work: Work, conjunct: int, other: int, kind: int) -> bool:
    """Whether more than one thing of a kind fills two conjuncts."""
    found = -1
    for one in (conjunct, other):
        entry = work.heads[one]
        while entry >= 0:
            if work.kinds[entry] == kind:
                row = work.selected[work.of_selected[entry], 2]
                if found >= 0 and row != found:
                    return True
                found = row
            entry = work.following[entry]
    return False


@inlined
def _shares(tables: Tables, kind: int, other: int) -> bool:
    """Whether a kind's own ingredient is one of another's, or may be."""
    for item in range(tables.identity.ends[kind], tables.identity.ends[kind + 1]):
        one = tables.identity.items[item]
        for its in range(tables.ingredients.ends[other], tables.ingredients.ends[other + 1]):
            two = tables.ingredients.items[its]
            if tables.below[one, two] or tables.below[two, one]:
                return True
    return False


@inlined
def _allergen(tables: Tables, work: Work, first: int, count: int) -> bool:
    """Whether all ingredients are, or are kinds of, one substance that the others name, or what that is a form of."""
    for column in range(count):
        if tables.fixed.conjunct_flags[tables.fixed.conjuncts.items[first + column]] & MEDICINE:
            continue
        kind = work.columns[column, work.place[column]]
        for item in range(tables.identity.ends[kind], tables.identity.ends[kind + 1]):
            substance = tables.identity.items[item]
            if substance != tables.substance and _all_same(tables, work, first, count, substance):
                return True
    return False


@inlined
def _all_same(tables: Tables, work: Work, first: int, count: int, substance: int) -> bool:
    some = False
    for column in range(count):
        if tables.fixed.conjunct_flags[tables.fixed.conjuncts.items[first + column]] & MEDICINE == 0:
            continue
        kind = work.columns[column, work.place[column]]
        for item in range(tables.identity.ends[kind], tables.identity.ends[kind + 1]):
            some = True
            if not tables.same[tables.identity.items[item], substance]:
                return False
    return some
