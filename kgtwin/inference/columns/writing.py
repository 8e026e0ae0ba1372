"""Compiled: the issues of one statement and patient, written down."""

from __future__ import annotations

import numpy as np

from kgtwin.inference.columns.tables import Tables
from kgtwin.inference.columns.work import (
    CONCEPTS,
    FACTS,
    FULL,
    I_CONCEPTS,
    I_FACTS,
    I_FACTS_END,
    I_MEDICINES,
    I_OTHERS,
    I_PATIENT,
    I_STATEMENT,
    IS_WHOLE,
    ISSUES,
    MOST_SAID,
    NODES,
    PATIENT,
    SAID,
    SELECTED,
    Out,
    Work,
)
from kgtwin.jit import inlined


@inlined
def _in_group(work: Work, group: int, column: int, kind: int) -> bool:
    for at in range(work.counts[column]):
        if work.columns[column, at] == kind:
            return bool((work.group_kinds[group, column] >> np.uint64(at)) & np.uint64(1))
    return False


@inlined
def is_news(tables: Tables, work: Work, statement: int, group: int, count: int, same_substance: bool) -> bool:
    """Notes the pairs of an ingredient and a thing that an issue is about; whether any of them is new."""
    reg, first, kind_of = work.reg, tables.fixed.conjuncts.ends[statement], tables.fixed.kind_of[statement]
    news, before = not same_substance, reg[SAID]
    for column in range(count):
        entry = work.heads[tables.fixed.conjuncts.items[first + column]]
        while entry >= 0:
            kind = work.kinds[entry]
            if tables.ingredients.ends[kind] == tables.ingredients.ends[kind + 1] and _in_group(
                work, group, column, kind
            ):
                node = _node(tables, work, entry)
                for at in range(work.group_counts[group, 0]):
                    ingredient = work.group_concepts[group, 0, at]
                    if not _was_said(work, before, kind_of, ingredient, node):
                        news = True
                    if reg[SAID] == MOST_SAID:
                        reg[IS_WHOLE] = 1
                        return False
                    work.said[reg[SAID], 0] = kind_of
                    work.said[reg[SAID], 1] = ingredient
                    work.said[reg[SAID], 2] = node
                    reg[SAID] += 1
            entry = work.following[entry]
    if not news:
        reg[SAID] = before
    return news


@inlined
def _node(tables: Tables, work: Work, entry: int) -> int:
    """A number for what a witness is: a fact in one of its forms, or the end of a chain."""
    chain = tables.chain[work.kinds[entry]]
    if chain >= 0:
        return int(-1 - chain)
    at = work.of_selected[entry]
    return int(work.selected[at, 2] * 4 + work.selected[at, 1])


@inlined
def _was_said(work: Work, before: int, kind_of: int, ingredient: int, node: int) -> bool:
    for at in range(before):
        if work.said[at, 0] == kind_of and work.said[at, 1] == ingredient and work.said[at, 2] == node:
            return True
    return False


@inlined
def write(tables: Tables, work: Work, out: Out, statement: int, group: int, count: int) -> None:
    reg, first = work.reg, tables.fixed.conjuncts.ends[statement]
    concepts = work.group_counts[group, 0] + work.group_counts[group, 1]
    full = reg[ISSUES] == len(out.issues) or reg[CONCEPTS] + concepts > len(out.concepts)
    if full or reg[FACTS] + reg[SELECTED] > len(out.facts):
        reg[FULL] = 1
        return
    issues, number = out.issues, reg[ISSUES]
    reg[ISSUES] += 1
    issues[number, I_PATIENT], issues[number, I_STATEMENT] = reg[PATIENT], statement
    issues[number, I_CONCEPTS], issues[number, I_FACTS] = reg[CONCEPTS], reg[FACTS]
    issues[number, I_MEDICINES] = work.group_counts[group, 0]
    issues[number, I_OTHERS] = work.group_counts[group, 1]
    for side in range(2):
        for at in range(work.group_counts[group, side]):
            out.concepts[reg[CONCEPTS]] = work.group_concepts[group, side, at]
            reg[CONCEPTS] += 1
    reg[NODES] += 1
    for column in range(count):
        entry, chained = work.heads[tables.fixed.conjuncts.items[first + column]], False
        while entry >= 0:
            kind = work.kinds[entry]
            at = work.of_selected[entry]
            if work.marked[at] != reg[NODES] and _in_group(work, group, column, kind):
                if tables.chain[kind] < 0 or not chained:
                    work.marked[at] = reg[NODES]
                    for part_of in range(3):
                        out.facts[reg[FACTS], part_of] = work.selected[at, 1 + part_of]
                    reg[FACTS] += 1
                chained |= tables.chain[kind] >= 0
            entry = work.following[entry]
    issues[number, I_FACTS_END] = reg[FACTS]
