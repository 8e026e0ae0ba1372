"""FHIR R4 Consent: what of a privacy consent kgtwin can keep to, and what it refuses by name.

What a rule cannot be read from is never passed over: without it the rule would permit more, or deny something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from kgtwin.errors import InvalidResourceError
from kgtwin.model.concept import Coded, Coding, MatchKind
from kgtwin.model.consent import DEEPEST, Consent, Decision, Rule, checked
from kgtwin.model.purposes import ACT_REASON, PURPOSES
from kgtwin.model.time import Period
from kgtwin.sources.fhir.context import check_date
from kgtwin.sources.fhir.faults import DECODE_FAULTS, fault
from kgtwin.sources.fhir.references import ID
from kgtwin.terminology import Terminology

RESOURCE_TYPES: Final = "http://hl7.org/fhir/resource-types"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SCOPES: Final = frozenset({"patient-privacy", "research"})
POLICIES: Final = {"OPTIN": Decision.PERMIT, "OPTOUT": Decision.DENY}
ACTIONS: Final = frozenset({"access", "use"})
READ: Final = frozenset({"type", "period", "purpose", "class", "code", "dataPeriod", "data", "action", "provision"})
SAFE: Final = frozenset({"id", "extension"})
"""Elements that by FHIR's rules change nothing of what the others mean."""
_REMEDY: Final = "leave it to whoever shares the data, or state the rule without it"

Element = Mapping[str, Any]


def read_consent(data: bytes, terminology: Terminology, known: Callable[[str], bool]) -> Consent:
    """The rules of an active privacy consent. ``known`` says of a CURIE whether the knowledge has it as a class.

    Raises:
        InputError: if it is no Consent, or says something that kgtwin cannot keep to; the error names the element.
    """
    try:
        resource = msgspec.json.decode(data)
    except DECODE_FAULTS as error:
        raise fault(error, len(data)) from None
    if not isinstance(resource, dict) or resource.get("resourceType") != "Consent":
        raise InvalidResourceError("this is no FHIR Consent", expected='"resourceType": "Consent"')
    return _Reader(terminology, known).consent(resource)


class _Reader:
    def __init__(self, terminology: Terminology, known: Callable[[str], bool]) -> None:
        self._terminology, self._known = terminology, known

    def consent(self, resource: Element) -> Consent:
        _check_resource(resource)
        stated = _policy(resource)
        root = _object(resource.get("provision", {}), "provision")
        given = root.get("type") if root else None
        if given is None and stated is None:
            raise _refused("provision.type", "neither it nor policyRule says what holds", "permit or deny, or OPTIN")
        decision = _decision(given, "provision.type") if given is not None else stated
        assert decision is not None, "one of the two is stated"
        rule = self._rule({**root, "type": decision.value}, "provision")
        return checked(Consent(rule=rule, otherwise=_otherwise(decision, given, stated), patient=_patient(resource)))

    def _rule(self, element: Element, where: str, depth: int = 1) -> Rule:
        if depth > DEEPEST:
            raise _refused(where, "the exceptions are nested too deeply", f"at most {DEEPEST} levels")
        for name in element:
            if name not in READ | SAFE and not name.startswith("_"):
                raise _refused(f"{where}.{name}", "kgtwin cannot keep to it", ", ".join(sorted(READ)))
        decision = _decision(element.get("type"), f"{where}.type")
        _check_actions(element, where)
        classes, codes = self._codes(element, f"{where}.code", decision)
        nested = enumerate(_list(element, "provision", where))
        return Rule(
            type=decision,
            resource_types=tuple(_codes_of(element, "class", where, RESOURCE_TYPES)),
            resources=tuple(_resources(element, where)),
            classes=classes,
            codes=codes,
            data_period=_period(element, "dataPeriod", where),
            purposes=tuple(_purposes(element, where)),
            period=_period(element, "period", where),
            rules=tuple(self._rule(_object(one, w := f"{where}.provision[{i}]"), w, depth + 1) for i, one in nested),
        )

    def _codes(self, element: Element, where: str, decision: Decision) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The classes that codes mean, and the codes as they are: denied widely, permitted narrowly."""
        classes: dict[str, None] = {}
        codes: dict[str, None] = {}
        for number, concept in enumerate(_list(element, "code", where.rpartition(".")[0])):
            place = f"{where}[{number}]"
            coded = self._coded(concept, place)
            own = [match.concept for match in coded.matches if match.via is None]
            meant = [m.concept for m in coded.matches if m.acts and (decision is Decision.DENY or _is_same(m.kind))]
            found = [one for one in meant if self._known(one)]
            if not own or (decision is Decision.DENY and not found):
                raise _refused(
                    place, f"“{coded.name}” is not in the knowledge: what lies below it cannot be told", "a known code"
                )
            classes |= dict.fromkeys(found)
            codes |= dict.fromkeys(own)
        return tuple(classes), tuple(codes)

    def _coded(self, concept: Any, where: str) -> Coded:
        codings = []
        for i, one in enumerate(_list(_object(concept, where), "coding", where)):
            fields = _object(one, f"{where}.coding[{i}]")
            texts = {name: fields.get(name) for name in ("system", "code", "display")}
            if not all(text is None or isinstance(text, str) for text in texts.values()):
                raise _refused(f"{where}.coding[{i}]", "wrong type", "texts")
            codings.append(Coding(**texts))
        if not codings:
            raise _refused(where, "words alone say nothing that can be kept to", "a coding")
        text = concept.get("text")
        return self._terminology.coded(codings, text if isinstance(text, str) else None)


def _is_same(kind: MatchKind) -> bool:
    return kind is MatchKind.EXACT


def _otherwise(decision: Decision, given: Any, policy: Decision | None) -> Decision:
    """What holds where the root rule is not about it.

    A permission permits no more than it says. A denial denies no more, unless the policy is to deny.
    """
    if decision is Decision.PERMIT or (given is not None and policy is Decision.DENY):
        return Decision.DENY
    return Decision.PERMIT


def _check_resource(resource: Element) -> None:
    if resource.get("modifierExtension"):
        raise _refused("modifierExtension", "kgtwin does not know what it changes", "none")
    if resource.get("status") != "active":
        raise _refused("status", "the consent is not in force", "active")
    scopes = [one for one, _ in _codings(resource.get("scope"), "scope")]
    if not SCOPES.intersection(scopes):
        raise _refused("scope", "it is not about privacy", " or ".join(sorted(SCOPES)))


def _patient(resource: Element) -> str | None:
    given = resource.get("patient")
    if given is None:
        return None
    reference = _object(given, "patient").get("reference")
    kind, slash, found = str(reference).rpartition("/")
    if not slash or kind.rpartition("/")[2] != "Patient" or not ID.fullmatch(found):
        raise _refused("patient", "the reference is not read", "Patient/id")
    return found


def _policy(resource: Element) -> Decision | None:
    """What a policy rule says, where there is one that says it by itself."""
    rule = resource.get("policyRule")
    if rule is None:
        return None
    codes = [code for code, system in _codings(rule, "policyRule") if system == ACT_CODE]
    found = {POLICIES[code] for code in codes if code in POLICIES}
    root = resource.get("provision")
    if len(found) == 1:
        return found.pop()
    if isinstance(root, dict) and root.get("type") == "permit":
        return None
    raise _refused("policyRule", "what it says by itself is not known here", "OPTIN or OPTOUT of v3-ActCode")


def _decision(given: Any, where: str) -> Decision:
    if not isinstance(given, str) or given not in set(Decision):
        raise _refused(where, "the type of a rule", "permit or deny")
    return Decision(given)


def _check_actions(element: Element, where: str) -> None:
    actions = _list(element, "action", where)
    named = {code for i, one in enumerate(actions) for code, _ in _codings(one, f"{where}.action[{i}]")}
    if actions and not named >= ACTIONS:
        raise _refused(f"{where}.action", "what kgtwin does is both access and use", "access and use, or no action")


def _purposes(element: Element, where: str) -> Iterator[str]:
    for code in _codes_of(element, "purpose", where, ACT_REASON):
        if code not in PURPOSES:
            raise _refused(f"{where}.purpose", "an unknown purpose of use", "a code of v3-PurposeOfUse")
        yield code


def _codes_of(element: Element, name: str, where: str, system: str) -> Iterator[str]:
    """The codes of Codings, which must be of one system."""
    for number, one in enumerate(_list(element, name, where)):
        place = f"{where}.{name}[{number}]"
        coding = _object(one, place)
        code = coding.get("code")
        if coding.get("system") != system or not isinstance(code, str):
            raise _refused(place, "a code of another system", f"a code of {system}")
        yield code


def _resources(element: Element, where: str) -> Iterator[str]:
    for number, one in enumerate(_list(element, "data", where)):
        place = f"{where}.data[{number}]"
        data = _object(one, place)
        if data.get("meaning") != "instance":
            raise _refused(f"{place}.meaning", "kgtwin cannot follow it", "instance")
        parts = str(_object(data.get("reference"), f"{place}.reference").get("reference")).split("/")
        if len(parts) < 2 or not ID.fullmatch(parts[-1]) or not parts[-2].isalpha():
            raise _refused(f"{place}.reference", "the reference is not read", "Type/id")
        yield "/".join(parts[-2:])


def _period(element: Element, name: str, where: str) -> Period | None:
    if name not in element:
        return None
    given = _object(element[name], f"{where}.{name}")
    ends = []
    for end in ("start", "end"):
        text = given.get(end)
        if text is not None and not isinstance(text, str):
            raise _refused(f"{where}.{name}.{end}", "wrong type", "a FHIR dateTime")
        ends.append(check_date(text, f"{where}.{name}", f".{end}"))
    return Period(*ends)


def _codings(concept: Any, where: str) -> Iterator[tuple[str, str | None]]:
    for number, one in enumerate(_list(_object(concept, where), "coding", where)):
        coding = _object(one, f"{where}.coding[{number}]")
        yield str(coding.get("code")), coding.get("system")


def _list(element: Element, name: str, where: str) -> list[Any]:
    found = element.get(name, [])
    if not isinstance(found, list):
        raise _refused(f"{where}.{name}", "wrong type", "an array")
    return found


def _object(found: Any, where: str) -> Element:
    if not isinstance(found, dict):
        raise _refused(where, "wrong type, or missing", "an object")
    return found


def _refused(where: str, what: str, expected: str) -> InvalidResourceError:
    return InvalidResourceError(what, where=f"Consent.{where}", expected=expected, remedy=_REMEDY)
