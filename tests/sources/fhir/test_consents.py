"""FHIR R4 Consent: what is read, and what is refused by its name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import InputError, UsageError
from kgtwin.model.concept import Match, MatchKind
from kgtwin.model.consent import Consent, Decision, Rule, consent_from_json
from kgtwin.model.time import Period
from kgtwin.sources.fhir.consents import read_consent
from kgtwin.terminology import Terminology
from tests.fuzz import times

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
TYPES = "http://hl7.org/fhir/resource-types"
ASTHMA = {"coding": [{"system": "http://snomed.info/sct", "code": "195967001"}]}
KNOWN = frozenset({"snomed:195967001", "snomed:44054006"})


def resource(**fields: Any) -> dict[str, Any]:
    """An active privacy consent."""
    return {
        "resourceType": "Consent",
        "id": "c1",
        "status": "active",
        "scope": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]
        },
        "category": [{"coding": [{"system": ACT_CODE, "code": "IDSCL"}]}],
        "patient": {"reference": "Patient/p1"},
        "dateTime": "2025-01-01",
        **fields,
    }


def policy(code: str) -> dict[str, Any]:
    return {"coding": [{"system": ACT_CODE, "code": code}]}


def read(given: dict[str, Any], terminology: Terminology | None = None) -> Consent:
    return read_consent(msgspec.json.encode(given), terminology or Terminology(), KNOWN.__contains__)


def test_a_consent_with_exceptions() -> None:
    found = read(
        resource(
            policyRule=policy("OPTIN"),
            provision={
                "period": {"start": "2025", "end": "2027-12-31"},
                "provision": [
                    {
                        "type": "deny",
                        "code": [ASTHMA],
                        "purpose": [{"system": ACT_REASON, "code": "HRESCH"}],
                        "action": [{"coding": [{"code": "access"}]}, {"coding": [{"code": "use"}]}],
                        "provision": [{"type": "permit", "class": [{"system": TYPES, "code": "Observation"}]}],
                    },
                    {
                        "type": "deny",
                        "dataPeriod": {"end": "2010"},
                        "data": [{"meaning": "instance", "reference": {"reference": "http://x/fhir/Condition/c9"}}],
                    },
                ],
            },
        )
    )
    asthma = ("snomed:195967001",)
    observed = Rule(type=Decision.PERMIT, resource_types=("Observation",))
    research = Rule(type=Decision.DENY, classes=asthma, codes=asthma, purposes=("HRESCH",), rules=(observed,))
    old = Rule(type=Decision.DENY, data_period=Period(None, "2010"), resources=("Condition/c9",))
    rule = Rule(type=Decision.PERMIT, period=Period("2025", "2027-12-31"), rules=(research, old))
    assert found == Consent(rule=rule, otherwise=Decision.DENY, patient="p1")


@pytest.mark.parametrize(
    ("fields", "type_", "otherwise"),
    [
        ({"policyRule": policy("OPTIN")}, "permit", "deny"),
        ({"policyRule": policy("OPTOUT")}, "deny", "permit"),
        ({"provision": {"type": "permit"}}, "permit", "deny"),
        ({"provision": {"type": "deny"}}, "deny", "permit"),
        ({"policyRule": policy("OPTIN"), "provision": {"type": "deny"}}, "deny", "permit"),
        ({"policyRule": policy("OPTOUT"), "provision": {"type": "deny"}}, "deny", "deny"),
        ({"policyRule": policy("OPTIN"), "provision": {"type": "permit"}}, "permit", "deny"),
        ({"policyRule": policy("hipaa-auth"), "provision": {"type": "permit"}}, "permit", "deny"),
    ],
)
def test_what_holds_where_no_rule_is(fields: dict[str, Any], type_: str, otherwise: str) -> None:
    found = read(resource(**fields))
    assert (found.rule.type.value, found.otherwise.value) == (type_, otherwise)


def deny(**fields: Any) -> dict[str, Any]:
    return resource(provision={"type": "permit", "provision": [{"type": "deny", **fields}]})


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (resource(status="inactive"), "status"),
        (resource(status="entered-in-error"), "status"),
        (resource(scope=policy("treatment")), "scope"),
        (resource(scope=None), "scope"),
        (resource(), "provision.type"),
        (resource(provision={"purpose": [{"system": ACT_REASON, "code": "TREAT"}]}), "provision.type"),
        (resource(policyRule=policy("hipaa-auth")), "policyRule"),
        (resource(policyRule=policy("hipaa-auth"), provision={"type": "deny"}), "policyRule"),
        (resource(modifierExtension=[{"url": "x"}], provision={"type": "deny"}), "modifierExtension"),
        (resource(patient={"reference": "Group/1"}, provision={"type": "deny"}), "patient"),
        (resource(patient={"identifier": {}}, provision={"type": "deny"}), "patient"),
        (resource(provision={"type": "maybe"}), "provision.type"),
        (resource(provision=[]), "provision"),
        (deny(actor=[{"reference": {"reference": "Organization/1"}}]), "provision.provision[0].actor"),
        (deny(securityLabel=[{"code": "R"}]), "provision.provision[0].securityLabel"),
        (deny(modifierExtension=[]), "provision.provision[0].modifierExtension"),
        (deny(type="allow"), "provision.provision[0].type"),
        (deny(action=[{"coding": [{"code": "disclose"}]}]), "provision.provision[0].action"),
        (deny(purpose=[{"system": ACT_REASON, "code": "NONSENSE"}]), "provision.provision[0].purpose"),
        (deny(purpose=[{"system": "urn:x", "code": "TREAT"}]), "provision.provision[0].purpose[0]"),
        (deny(**{"class": [{"system": "urn:ietf:bcp:13", "code": "x"}]}), "provision.provision[0].class[0]"),
        (deny(code=[{"text": "HIV"}]), "provision.provision[0].code[0]"),
        (deny(code=[{"coding": [{"system": "http://snomed.info/sct", "code": "86406008"}]}]),
         "provision.provision[0].code[0]"),
        (deny(code=[{"coding": [{"system": "urn:local", "code": "7"}]}]), "provision.provision[0].code[0]"),
        (deny(data=[{"meaning": "related", "reference": {"reference": "Condition/1"}}]),
         "provision.provision[0].data[0].meaning"),
        (deny(data=[{"meaning": "instance", "reference": {"reference": "#x"}}]),
         "provision.provision[0].data[0].reference"),
        (deny(period={"start": "soon"}), "provision.provision[0].period.start"),
        (deny(period={"start": 2020}), "provision.provision[0].period.start"),
        (deny(provision={"type": "permit"}), "provision.provision[0].provision"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_to_is_refused_by_name(given: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as caught:
        read(given)
    assert where in (caught.value.where or "")
    assert caught.value.expected


def test_a_nested_rule_needs_its_type() -> None:
    with pytest.raises(InputError, match=r"provision\.provision\[0\]\.type"):
        read(resource(provision={"type": "permit", "provision": [{"code": [ASTHMA]}]}))


def test_exceptions_may_not_be_nested_without_end() -> None:
    rule: dict[str, Any] = {"type": "deny"}
    for _ in range(40):
        rule = {"type": "deny", "provision": [rule]}
    with pytest.raises(InputError, match="too deeply"):
        read(resource(provision=rule))


def test_codes_are_denied_widely_and_permitted_narrowly() -> None:
    local = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J45.50"}]}
    wider = Match("snomed:195967001", MatchKind.NARROW, "map")
    terminology = Terminology({"icd10cm:J45.50": (wider,)})
    denied = read(deny(code=[local]), terminology).rule.rules[0]
    assert (denied.classes, denied.codes) == (("snomed:195967001",), ("icd10cm:J45.50",))
    permitted = read(resource(provision={"type": "permit", "code": [local]}), terminology).rule
    assert (permitted.classes, permitted.codes) == ((), ("icd10cm:J45.50",))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"x"', b'{"resourceType": "Patient"}', b"\xff\xfe", b"[" * 5_000])
def test_what_is_no_consent(data: bytes) -> None:
    with pytest.raises(InputError):
        read_consent(data, Terminology(), KNOWN.__contains__)
    with pytest.raises(InputError):
        consent_from_json(data)


JUNK = st.recursive(
    st.none() | st.integers(-5, 5) | st.sampled_from(["deny", "permit", "TREAT", "2020", "x", ACT_REASON]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["type", "period", "purpose", "class", "code", "coding", "system", "start", "end", "data", "reference",
             "meaning", "action", "provision", "dataPeriod", "text", "actor"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=times(300))
@given(JUNK, JUNK, JUNK)
def test_anything_is_read_or_refused(provision: Any, rule: Any, patient: Any) -> None:
    for fields in ({"provision": provision}, {"policyRule": rule, "provision": provision}, {"patient": patient}):
        try:
            found = read(resource(**fields))
        except InputError:
            continue
        assert found.for_use("TREAT", NOW).restricts in (True, False)


def test_the_own_form() -> None:
    data = b'{"rule": {"type": "deny", "kinds": ["Behaviour"], "classes": ["http://snomed.info/id/195967001"]},'
    found = consent_from_json(data + b' "otherwise": "permit", "patient": "p1"}')
    assert found.rule.classes == ("snomed:195967001",)
    for wrong in (
        b'{"rule": {"type": "deny"}}',
        b'{"rule": {"type": "deny", "actors": []}, "otherwise": "permit"}',
        b'{"rule": {"type": "deny", "purposes": ["FUN"]}, "otherwise": "permit"}',
        b'{"rule": {"type": "deny", "period": {"start": "soon"}}, "otherwise": "permit"}',
        b'{"rule": {"type": "deny", "kinds": ["Secret"]}, "otherwise": "permit"}',
    ):
        with pytest.raises(InputError):
            consent_from_json(wrong)


def test_a_purpose_is_hl7s() -> None:
    with pytest.raises(UsageError, match="no purpose"):
        read(resource(policyRule=policy("OPTIN"))).for_use("curiosity", NOW)


@pytest.mark.parametrize(
    ("rule", "asked", "restricts"),
    [
        (Rule(type=Decision.DENY, purposes=("HRESCH",)), "TREAT", False),
        (Rule(type=Decision.DENY, purposes=("HRESCH",)), "DSRCH", True),
        (Rule(type=Decision.DENY, purposes=("ETREAT",)), "TREAT", True),
        (Rule(type=Decision.DENY, period=Period("2026-02", None)), "TREAT", False),
        (Rule(type=Decision.DENY, period=Period(None, "2026-01")), "TREAT", True),
        (Rule(type=Decision.DENY, period=Period("2026-01", None)), "TREAT", True),
        (Rule(type=Decision.PERMIT), "TREAT", False),
        (Rule(type=Decision.PERMIT, rules=(Rule(type=Decision.DENY, period=Period(None, "2025")),)), "TREAT", False),
    ],
)
def test_in_doubt_a_denial_is_in_force(rule: Rule, asked: str, restricts: bool) -> None:
    """The evaluation is at noon of 15 January 2026."""
    consent = Consent(rule=rule, otherwise=Decision.PERMIT)
    assert consent.for_use(asked, NOW).restricts is restricts


@pytest.mark.parametrize(
    ("rule", "asked", "restricts"),
    [
        (Rule(type=Decision.PERMIT, purposes=("TREAT",)), "ETREAT", False),
        (Rule(type=Decision.PERMIT, purposes=("ETREAT",)), "TREAT", True),
        (Rule(type=Decision.PERMIT, purposes=("TREAT",)), "HRESCH", True),
        (Rule(type=Decision.PERMIT, period=Period("2025", "2026")), "TREAT", False),
        (Rule(type=Decision.PERMIT, period=Period("2026-02", None)), "TREAT", True),
        (Rule(type=Decision.PERMIT, period=Period(None, "2025")), "TREAT", True),
        (Rule(type=Decision.PERMIT, sources=("clinic",)), "TREAT", True),
    ],
)
def test_in_doubt_a_permission_is_not(rule: Rule, asked: str, restricts: bool) -> None:
    consent = Consent(rule=rule, otherwise=Decision.DENY)
    assert consent.for_use(asked, NOW).restricts is restricts
