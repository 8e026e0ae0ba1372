"""A table of interactions as imported statements: two medicines, how much it matters, and what the evidence says."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kgtwin.model.issue import Significance
from kgtwin.ontology.releases.contraindications import (
    UnusableRowError,
    declared,
    reject,
    resolve_cell,
    significance_of,
)
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.resolving import Resolver, Role
from kgtwin.ontology.releases.statements import Kind, Statement, StatementModule
from kgtwin.ontology.releases.tables import read_table
from kgtwin.vocabulary import SUBSTANCE


class PairColumns(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a table: two medicines by codes or names, significance and evidence where it has them."""

    first: str
    second: str
    significance: str | None = None
    evidence: str | None = None

    def wanted(self) -> list[str]:
        return [name for name in msgspec.structs.astuple(self) if name]


class PairDefaults(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a whole table."""

    drug_system: str | None = None
    significance: Significance = Significance.MAJOR
    systemic: bool = False
    separator: str | None = None


def read(
    file: Path, columns: PairColumns, defaults: PairDefaults, resolver: Resolver, source: tuple[str, str], log: Log
) -> StatementModule:
    """The statements of a table; a pair that stands both ways round is one.

    Raises:
        OntologyError: the file cannot be read.
        UsageError: a column is not in the table.
    """
    module = StatementModule()
    for line, cells in read_table(file, columns.wanted(), log, defaults.separator):
        try:
            one = _statement(cells, columns, defaults, resolver, source[1], module)
            module.add(msgspec.structs.replace(one, place=f"{file}:{line}"), source[0])
        except UnusableRowError as error:
            reject(error, file, line, log)
    return module


def _statement(
    cells: dict[str, str],
    columns: PairColumns,
    defaults: PairDefaults,
    resolver: Resolver,
    source: str,
    module: StatementModule,
) -> Statement:
    first, second = (
        resolve_cell(cells, column, None, defaults.drug_system, Role.SUBSTANCE, resolver)
        for column in (columns.first, columns.second)
    )
    pair = declared(first, SUBSTANCE, module), declared(second, SUBSTANCE, module)
    if pair[0] == pair[1]:
        raise UnusableRowError("itself", f"{first.label} cannot interact with itself", columns.second)
    one, other = sorted((first.label, second.label), key=str.casefold)
    return Statement(
        kind=Kind.INTERACTION,
        medicine=pair[0],
        other=pair[1],
        label=f"{one} and {other}",
        detail=f"{source} lists an interaction of {one} with {other}.",
        significance=significance_of(cells, columns.significance, defaults.significance),
        evidence=(cells[columns.evidence],) if columns.evidence and cells[columns.evidence] else (),
        held=first.held or second.held,
        systemic=defaults.systemic,
    )
