"""The entries of one atom in one section of a program."""

from __future__ import annotations

import numpy as np

from kgtwin.model.axiom_table import Ints
from kgtwin.reasoning.program import GROUPS, JOINS, LINKS, TOLD, WAITS, Entries, Program

SECTIONS = (TOLD, LINKS, JOINS, WAITS, GROUPS)
WIDTH = {TOLD: 1, LINKS: 2, JOINS: 2, WAITS: 2, GROUPS: 1}
"""How many columns each has."""
_NONE = {section: np.zeros((width, 0), np.int32) for section, width in WIDTH.items()}


def entries_of(program: Program, section: int) -> Entries:
    """A program's entries of a section."""
    if section == TOLD:
        return program.told
    if section == LINKS:
        return program.links
    if section == JOINS:
        return program.joins
    return program.waits if section == WAITS else program.groups


def columns_of(program: Program, atom: int, section: int) -> Ints:
    """The columns of an atom's entries of a section, (width, n)."""
    if atom >= len(program.flags) or not program.flags[atom] & section:
        return _NONE[section]
    return entries_of(program, section).of(atom)


def copied(program: Program, atom: int, section: int) -> Ints:
    """The same with the why as one row more, (width + 1, n)."""
    columns = columns_of(program, atom, section)
    found = np.empty((WIDTH[section] + 1, columns.shape[1]), np.int32)
    found[:-1] = columns
    if columns.shape[1]:
        entries = entries_of(program, section)
        found[-1] = entries.why[entries.starts[atom] : entries.starts[atom + 1]]
    return found
