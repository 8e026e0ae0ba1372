"""A table of contraindications as imported statements: a medicine, a condition, and what the evidence says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from kgtwin.model.issue import Significance
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.resolving import Resolved, Resolver, Role, is_code
from kgtwin.ontology.releases.statements import Kind, Statement, StatementModule
from kgtwin.ontology.releases.tables import read_table
from kgtwin.ontology.releases.told import plain
from kgtwin.ontology.releases.wording import allergy, qualifier
from kgtwin.vocabulary import CLINICAL_CONDITION, SUBSTANCE

REMEDIES = {
    "check-digit": "correct the code in the table",
    "bad-code": "correct the code in the table",
    "retired": "use the code that replaces it",
    "unresolved": "give a code, a mapping to one (--mappings), or the name that the ontology uses",
    "not-a-substance": "give an ingredient, not a product or a condition",
    "not-a-condition": "give a disorder, finding or situation",
    "empty": "fill the cell, or delete the row",
    "significance": "use one of these words, or leave the cell empty",
    "itself": "name two medicines",
}


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a table. ``drug`` and ``condition`` hold codes or names, ``…_name`` the words beside a code."""

    drug: str
    condition: str
    drug_name: str | None = None
    condition_name: str | None = None
    evidence: str | None = None
    significance: str | None = None

    def wanted(self) -> list[str]:
        return [name for name in msgspec.structs.astuple(self) if name]


class Defaults(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a whole table: the systems of bare codes (CURIE prefixes), significance, context, route."""

    drug_system: str | None = None
    condition_system: str | None = None
    significance: Significance = Significance.CONTRAINDICATED
    context: str = "now"
    systemic: bool = False
    separator: str | None = None


class UnusableRowError(Exception):
    """A row that makes no statement: the kind of problem, the message, the column."""

    def __init__(self, code: str, message: str, field: str, expected: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.field, self.expected = code, message, field, expected


def read(
    file: Path, columns: Columns, defaults: Defaults, resolver: Resolver, source: tuple[str, str], log: Log
) -> StatementModule:
    """The statements of a table; ``source`` is the slug of its module and what to call it.

    Raises:
        OntologyError: the file cannot be read.
        UsageError: a column is not in the table.
    """
    module = StatementModule()
    for line, cells in read_table(file, columns.wanted(), log, defaults.separator):
        place = f"{file}:{line}"
        try:
            module.add(_statement(cells, columns, defaults, resolver, source[1], place, module), source[0])
        except UnusableRowError as error:
            reject(error, file, line, log)
    return module


def reject(error: UnusableRowError, file: Path, line: int, log: Log) -> None:
    """Tells of a row that makes no statement."""
    log.reject(
        error.code, error.message, str(file), line, error.field,
        expected=error.expected, remedy=REMEDIES.get(error.code),
    )  # fmt: skip


def _statement(
    cells: dict[str, str],
    columns: Columns,
    defaults: Defaults,
    resolver: Resolver,
    source: str,
    place: str,
    module: StatementModule,
) -> Statement:
    drug = resolve_cell(cells, columns.drug, columns.drug_name, defaults.drug_system, Role.SUBSTANCE, resolver)
    medicine = declared(drug, SUBSTANCE, module)
    evidence = (cells[columns.evidence],) if columns.evidence and cells[columns.evidence] else ()
    words = cells[columns.condition_name or columns.condition]
    common = {
        "medicine": medicine,
        "significance": significance_of(cells, columns.significance, defaults.significance),
        "evidence": evidence,
        "place": place,
        "systemic": defaults.systemic,
    }
    if hypersensitive := allergy(words):
        return allergy_statement(drug, hypersensitive, words, resolver, source, common)
    condition = resolve_cell(
        cells, columns.condition, columns.condition_name, defaults.condition_system, Role.CONDITION, resolver
    )
    return contraindication(drug, condition, words, source, {**common, "context": defaults.context}, module)


def resolve_cell(
    cells: dict[str, str], column: str, name_column: str | None, system: str | None, role: Role, resolver: Resolver
) -> Resolved:
    """What a row names in a column, and in the column with the words beside it.

    Raises:
        UnusableRowError: nothing, or nothing that can be used.
    """
    text, name = cells[column], cells[name_column] if name_column else ""
    if system and text and not is_code(text):
        text = f"{system}:{text}"
    if not text and not name:
        raise UnusableRowError("empty", "the cell is empty", column, f"a code or the name of a {role}")
    found = resolver.resolve(text, name, role) if is_code(text) else resolver.resolve("", text or name, role)
    if found.wrong:
        expected = f"the code or exact name of a {role}"
        raise UnusableRowError(*found.wrong, column, expected)
    return found


def declared(one: Resolved, above: str, module: StatementModule) -> str:
    """The class of what was resolved, declared in the module where the ontology lacks it."""
    assert one.iri is not None
    if not one.known:
        module.declare(one.iri, one.label, above)
    return one.iri


def contraindication(
    drug: Resolved,
    condition: Resolved,
    words: str,
    source: str,
    common: Mapping[str, object],
    module: StatementModule,
) -> Statement:
    """A medicine in a condition; held where either is not exactly known, or the words say more than the class."""
    iri = declared(condition, CLINICAL_CONDITION, module)
    label = f"{drug.label} and {condition.label}"
    return msgspec.convert(
        {
            **common,
            "kind": Kind.CONTRAINDICATION,
            "other": iri,
            "label": label,
            "detail": f"{source} lists {condition.label} as a contraindication of {drug.label}.",
            "held": drug.held or condition.held or _beyond(words, condition.names),
        },
        Statement,
    )


def _beyond(words: str, names: frozenset[str]) -> str | None:
    """Why words beside a code do not mean the code's class."""
    if is_code(words) or not words or plain(words) in names:
        return None
    if narrower := qualifier(words, names):
        return f"the words say {narrower!r}, the class does not"
    return f"{words[:60]!r} is no name of the code or its class" if names else None


def allergy_statement(
    drug: Resolved,
    hypersensitive: tuple[str, str | None],
    words: str,
    resolver: Resolver,
    source: str,
    common: Mapping[str, object],
) -> Statement:
    """Hypersensitivity means to the medicine itself, unless the words name another substance that is known."""
    substance, qualified = hypersensitive
    assert drug.iri is not None
    other, held = drug.iri, None
    if substance and plain(drug.label) not in substance:
        found = resolver.resolve("", substance, Role.SUBSTANCE)
        other = found.iri or other
        held = found.held if found.iri else f"it is not known what {substance[:60]!r} is"
    if qualified:
        held = f"the words say {qualified!r}, which an allergy record seldom does"
    return msgspec.convert(
        {
            **common,
            "kind": Kind.ALLERGY,
            "other": other,
            "label": f"{drug.label} and {words}",
            "detail": f"{source} lists {words} as a contraindication of {drug.label}.",
            "held": drug.held or held,
        },
        Statement,
    )


def significance_of(cells: dict[str, str], column: str | None, default: Significance) -> Significance:
    """The significance that a row states, else the table's.

    Raises:
        UnusableRowError: a word that is none.
    """
    text = cells[column].lower() if column else ""
    try:
        return Significance(text) if text else default
    except ValueError:
        allowed = ", ".join(one.value for one in Significance)
        raise UnusableRowError("significance", f"the significance is {text[:40]!r}", column or "", allowed) from None
