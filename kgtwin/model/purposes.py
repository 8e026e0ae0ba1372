"""Purposes of use: why data is asked for (HL7's ActReason, what lies below ``PurposeOfUse``)."""

from __future__ import annotations

from typing import Final

ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
TREATMENT: Final = "TREAT"

_BELOW: Final = {
    "PurposeOfUse": "HMARKT HOPERAT HPAYMT HRESCH PATRQT PUBHLTH TREAT",
    "HOPERAT": "CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOUTCOMS HPRGRP HQUALIMP HSYSADMIN"
    " MEMADMIN MILCDM PATADMIN PATSFTY PERFMSR RECORDMGT SYSDEV TRAIN",
    "HSYSADMIN": "LABELING METAMGT",
    "SYSDEV": "HTEST",
    "HPAYMT": "CLMATTCH COVAUTH COVERAGE REMITADV",
    "COVERAGE": "ELIGDTRM ELIGVER ENROLLM MILDCRG",
    "HRESCH": "BIORCH CLINTRCH DSRCH POARCH TRANSRCH",
    "CLINTRCH": "CLINTRCHNPC CLINTRCHPC PRECLINTRCH",
    "PATRQT": "FAMRQT PWATRNY SUPNWK",
    "PUBHLTH": "DISASTER THREAT",
    "TREAT": "CLINTRL COC ETREAT POPHLTH",
    "ETREAT": "BTG ERTREAT",
}
"""The 60 codes of the value set v3-PurposeOfUse that FHIR R4 binds to ``Consent.provision.purpose``, by parent."""

_PARENT: Final = {child: parent for parent, children in _BELOW.items() for child in children.split()}
PURPOSES: Final = frozenset({*_BELOW, *_PARENT})


def is_within(purpose: str, other: str) -> bool:
    """Whether a purpose is, or is a kind of, another one.

    >>> is_within("ETREAT", "TREAT"), is_within("TREAT", "ETREAT"), is_within("HRESCH", "TREAT")
    (True, False, False)
    """
    above: str | None = purpose
    while above is not None:
        if above == other:
            return True
        above = _PARENT.get(above)
    return False
