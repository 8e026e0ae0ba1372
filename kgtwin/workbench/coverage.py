"""What the knowledge leaves out of a store's data, and what of the knowledge the data never uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

import msgspec

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.evaluating import instant
from kgtwin.inference.knowledge.statements import Conjunct, Statement
from kgtwin.model.axioms import Axiom, Class, EquivalentClasses
from kgtwin.model.fact import Fact, FactKind
from kgtwin.model.owl_text import manchester
from kgtwin.workbench.code_reach import Reach
from kgtwin.workbench.differences import AxiomEdit, Version
from kgtwin.workbench.edits import knowledge_of
from kgtwin.workbench.impact import Case
from kgtwin.workbench.inferred import Reasoned

_Code = tuple[FactKind, str, str]


class CodeUse(msgspec.Struct, frozen=True, kw_only=True):
    """A code in the data: how many facts and patients have it, what it means, how many statements it can help to meet.

    ``classes`` are the classes of the ontology that it means; without any, no class knows it.
    """

    kind: FactKind
    system: str
    code: str
    display: str
    facts: int
    patients: int
    classes: tuple[str, ...]
    statements: int


class Silent(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that no patient met, its definition, and its conditions that no code in the data can meet."""

    statement: str
    title: str
    kind: str
    significance: str
    definition: AxiomEdit | None
    missing: tuple[str, ...]


class Use(msgspec.Struct, frozen=True):
    """How many issues of a statement there are, and in how many patients."""

    statement: str
    issues: int
    patients: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """``codes`` by use; ``silent`` statements in order; ``used`` ones, the most frequent first."""

    version: Version
    at: str
    patients: int
    facts: int
    codes: tuple[CodeUse, ...]
    silent: tuple[Silent, ...]
    used: tuple[Use, ...]

    @property
    def unknown(self) -> tuple[CodeUse, ...]:
        """The codes that no class knows."""
        return tuple(one for one in self.codes if not one.classes)

    @property
    def unreached(self) -> tuple[CodeUse, ...]:
        """The codes that a class knows and no statement reaches."""
        return tuple(one for one in self.codes if one.classes and not one.statements)


class Survey:
    """Counts codes and issues, patient by patient; ``kinds`` limits the codes.

    Raises:
        OntologyError: the version has no model, or a statement's annotations are wrong.
    """

    def __init__(
        self, version: Version, *, at: datetime, kinds: Iterable[FactKind] = (), unverified: bool = True
    ) -> None:
        self.version, self.at = version, at
        self.knowledge: Knowledge = knowledge_of(Reasoned(version))
        self._reach = Reach(self.knowledge)
        self._kinds = frozenset(kinds) or frozenset(FactKind)
        self._unverified = unverified
        self._facts: Counter[_Code] = Counter()
        self._patients: Counter[_Code] = Counter()
        self._displays: dict[_Code, str] = {}
        self._classes: dict[_Code, set[str]] = {}
        self._issues: Counter[str] = Counter()
        self._concerned: Counter[str] = Counter()
        self._seen = 0

    def add(self, case: Case) -> None:
        """Look at one more patient."""
        self._seen += 1
        facts = [fact for fact in case.facts if fact.kind in self._kinds]
        for fact in facts:
            self._facts[self._noted(fact)] += 1
        self._patients.update({_code(fact) for fact in facts})
        key, record = case.record.key, case.record
        found = infer(
            key,
            record,
            case.facts,
            self.knowledge,
            at=self.at,
            revision=case.revision,
            unverified=self._unverified,
        )
        self._issues.update(to_iri(issue.statement) for issue in found.issues)
        self._concerned.update({to_iri(issue.statement) for issue in found.issues})

    @cached_property
    def _definitions(self) -> dict[str, Axiom]:
        """The first axiom that defines each class."""
        found: dict[str, Axiom] = {}
        for axiom in self.version.ontology.axioms:
            for one in axiom.operands if isinstance(axiom, EquivalentClasses) else ():
                if isinstance(one, Class):
                    found.setdefault(one.iri, axiom)
        return found

    def _noted(self, fact: Fact) -> _Code:
        code = _code(fact)
        self._displays.setdefault(code, fact.coding.display or fact.code.name)
        self._classes.setdefault(code, set()).update(self.knowledge.classes_of(fact))
        return code

    def result(self) -> Coverage:
        """What was found for all patients so far."""
        met = {code: self._reach.conditions(code[0], classes) for code, classes in self._classes.items()}
        uses = [self._use(code, met[code]) for code in self._facts]
        every = frozenset[Conjunct]().union(*met.values())
        silent = [one for iri, one in self.knowledge.statements.items() if iri not in self._issues]
        return Coverage(
            version=self.version,
            at=instant(self.at),
            patients=self._seen,
            facts=self._facts.total(),
            codes=tuple(sorted(uses, key=_code_order)),
            silent=tuple(self._silent(one, every) for one in sorted(silent, key=lambda one: one.curie)),
            used=tuple(Use(to_curie(i), n, self._concerned[i]) for i, n in self._issues.most_common()),
        )

    def _use(self, code: _Code, met: frozenset[Conjunct]) -> CodeUse:
        return CodeUse(
            kind=code[0],
            system=code[1],
            code=code[2],
            display=self._displays[code],
            facts=self._facts[code],
            patients=self._patients[code],
            classes=tuple(sorted(map(to_curie, self._classes[code]))),
            statements=sum(1 for _ in self._reach.statements(met)),
        )

    def _silent(self, one: Statement, met: frozenset[Conjunct]) -> Silent:
        definition = one.definition
        conjuncts = definition.conjuncts if definition is not None else ()
        label = self.knowledge.label
        return Silent(
            statement=one.curie,
            title=one.title,
            kind=one.kind.value,
            significance=one.significance.value,
            definition=self.version.edit(self._definitions[one.iri]) if one.iri in self._definitions else None,
            missing=tuple(manchester(each.expression(), label) for each in conjuncts if each not in met),
        )


def _code(fact: Fact) -> _Code:
    return fact.kind, fact.coding.system or "", fact.coding.code or fact.code.name


def _code_order(use: CodeUse) -> tuple[int, int, str, str, str]:
    return -use.facts, -use.patients, use.kind.value, use.system, use.code
