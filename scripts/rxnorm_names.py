"""What an RxNorm name says: ingredients, strengths, dose form, route of a product (pure; used by ``make_products.py``).

An RxNorm name is built by term type: ``24 HR metoprolol succinate 50 MG Extended Release Oral Tablet [Toprol]`` has a
quantity, for each ingredient its name and strength, a dose form and a brand (SBD); a pack has its parts in braces. The
term type is recognised from which of these there are. A name that the grammar and the tables of ``rxnorm_words.py``
do not cover is refused with the reason, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from rxnorm_words import (
    ALIASES,
    BRANDS,
    DENOMINATORS,
    DISTINCTIONS,
    ELEMENTS,
    FORMS,
    GROUPS,
    INERT,
    LOCAL_BY_PATCH,
    SALTS,
    SYSTEMIC_ANYWAY,
    TRANSDERMAL,
    UNDECIDED,
    UNITS,
    UNLISTED,
    WHOLE,
)

AMOUNT = r"(?P<amount>\d[\d,]*(?:\.\d+)?|\.\d+)"
UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
PER = "|".join(sorted(DENOMINATORS, key=len, reverse=True))
STRENGTH = re.compile(rf"(?<![\w.,/-]){AMOUNT}\s*(?P<unit>{UNIT})(?:/(?P<per>{PER}))?(?![\w/%])", re.IGNORECASE)
NUMBER_AND_SLASH = re.compile(r"\d\s*[A-Za-z%]+/")
BRAND = re.compile(r"\s*\[(?P<brand>[^\]]*)\]?\.*$")
LABEL = re.compile(rf"^(?:A?NDA\d+|BLA\d+|{'|'.join(DISTINCTIONS)})\s+", re.IGNORECASE)
QUANTITY = re.compile(r"^(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>HR|ML|ACTUAT|DAY)\s+", re.IGNORECASE)
QUANTITY_INSIDE = re.compile(r"\b(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>ML);\s*", re.IGNORECASE)
REMARK = re.compile(r"\s*\(used [^)]*\)$", re.IGNORECASE)
SLASH = re.compile(r"\s+/\s+")
TIGHT_SLASH = re.compile(r"\s+/\s+|(?<=[a-z])/(?=[A-Z])")  # Acetaminophen/Hydrocodone, where there is no number
PACK = re.compile(r"^\{(?P<parts>.*?)\s*(?P<end>\}\s*Pack\b.*)?$", re.IGNORECASE)
PART = re.compile(r"^(?P<count>\d+)\s+\((?P<name>.*)$")
CUT = re.compile(r"\.\.\.$")
CYCLES = frozenset({28, 84, 91})


@dataclass(frozen=True)
class Strength:
    """How much of an ingredient: in one tablet, or in one millilitre, puff or hour, as the UCUM unit says."""

    ingredient: str
    amount: str
    unit: str


@dataclass(frozen=True)
class Part:
    """A part of a pack: how many, of which dose form, with which strengths; an inert part has none."""

    count: int
    form: str
    strengths: tuple[Strength, ...]


@dataclass(frozen=True)
class Product:
    """A product as its name tells it: ingredient names in lower case, salts stripped; None where the name is silent."""

    term_type: str
    ingredients: tuple[str, ...]
    strengths: tuple[Strength, ...] = ()
    form: str | None = None
    route: str | None = None
    quantity: tuple[str, str] | None = None
    brand: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Piece:
    """One ingredient of a name with what follows it."""

    name: str
    amount: str = ""
    unit: str = ""
    rest: str = ""


class NotDecomposedError(ValueError):
    """The name does not say what is in the product; the message says why."""


def base_name(name: str, listed: Mapping[str, str]) -> str:
    """The ingredient that a precise ingredient is a form of; the name itself where none is known.

    >>> base_name("Metoprolol succinate", {"metoprolol": "6918"})
    'metoprolol'
    >>> base_name("Potassium Chloride", {"potassium chloride": "8591", "potassium": "8588"})
    'potassium chloride'
    >>> base_name("dexamethasone sodium phosphate", {"dexamethasone": "3264"})
    'dexamethasone'
    """
    full = " ".join(name.lower().split())
    full = ALIASES.get(full, full)
    if full in WHOLE:
        return full
    spellings = (*_without_salts(full), re.sub(r"-[a-z]{4}$", "", full), re.sub(r"\s*\(usp\)", "", full))
    candidates = (ALIASES.get(spelling, spelling) for spelling in spellings)
    return next((one for one in candidates if one in listed or one in UNLISTED), full)


def _without_salts(name: str) -> list[str]:
    """The name with ever fewer words of salts at its end, the shortest first."""
    words = name.split()
    found = [name]
    while len(words) > 1 and words[-1] in SALTS:
        words.pop()
        found.insert(0, " ".join(words))
    return [one for one in found if one not in ELEMENTS or one == name]


def decompose(name: str, listed: Mapping[str, str]) -> Product:
    """The product that an RxNorm name describes.

    Raises NotDecomposedError when it does not say with certainty what is in the product.

    >>> listed = {"acetaminophen": "161", "hydrocodone": "5489"}
    >>> product = decompose("Acetaminophen 325 MG / HYDROcodone Bitartrate 7.5 MG Oral Tablet", listed)
    >>> product.term_type, product.ingredients, product.form, product.route
    ('SCD', ('acetaminophen', 'hydrocodone'), 'Oral Tablet', 'OralRoute')
    >>> product.strengths[1]
    Strength(ingredient='hydrocodone', amount='7.5', unit='mg')
    """
    plain = " ".join(name.split())
    if plain.startswith("{"):
        return _pack(plain, listed)
    brand = BRAND.search(plain)
    if CUT.search(plain) and not brand:
        raise NotDecomposedError("is cut off")
    return _single(BRAND.sub("", plain), brand["brand"].strip(" .") if brand else "", listed)


def _single(text: str, brand: str, listed: Mapping[str, str]) -> Product:
    text, quantity = _without_prefixes(REMARK.sub("", text))
    pieces = _pieces(text)
    form = _form_of(pieces[-1])
    names = [piece.name.lower() for piece in pieces]
    brand = brand or next((name.capitalize() for name in names if name in BRANDS), "")
    precise = [BRANDS.get(name, name) for name in names]
    bases = [_known(name, listed) for name in precise]
    ingredients = tuple(sorted(set(bases) - INERT))
    if not ingredients:
        raise NotDecomposedError("names no active ingredient")
    strengths = _strengths(bases, pieces)
    term_type = _term_type(bool(strengths), form, brand, precise, bases)
    return Product(term_type, ingredients, strengths, form, route_of(form, ingredients, precise), quantity, brand)


def _without_prefixes(text: str) -> tuple[str, tuple[str, str] | None]:
    """The text from its first ingredient on, and the quantity factor before it (``10 ML``, ``24 HR``)."""
    quantity: tuple[str, str] | None = None
    while (match := LABEL.match(text) or QUANTITY.match(text)) or (match := QUANTITY_INSIDE.search(text)):
        if "amount" in match.groupdict():
            if quantity:
                raise NotDecomposedError("has two quantities")
            unit = match["unit"].upper()
            quantity = (match["amount"], DENOMINATORS[unit])
        text = text[: match.start()] + text[match.end() :]
    return text, quantity


def _pieces(text: str) -> list[Piece]:
    slash = SLASH if re.search(r"\d", text) else TIGHT_SLASH
    pieces = [_piece(part) for part in slash.split(text)]
    if any(piece.rest for piece in pieces[:-1]):
        raise NotDecomposedError(f"has a dose form before its last ingredient: {text}")
    with_strength = sum(bool(piece.amount) for piece in pieces)
    if 0 < with_strength < len(pieces):
        raise NotDecomposedError("names a strength for some of its ingredients only")
    return pieces if with_strength else [*pieces[:-1], _split_form(pieces[-1].name)]


def _piece(text: str) -> Piece:
    found = STRENGTH.search(text)
    if not found:
        if NUMBER_AND_SLASH.search(text):
            raise NotDecomposedError(f"has a strength that cannot be read: {text}")
        return Piece(text.strip())
    rest = re.sub(r"^24\s?HR\s+", "", text[found.end() :].strip(), flags=re.IGNORECASE)
    if STRENGTH.search(rest):
        raise NotDecomposedError(f"has two strengths for one ingredient: {text}")
    unit = UNITS[found["unit"].upper()] + (f"/{DENOMINATORS[found['per'].upper()]}" if found["per"] else "")
    return Piece(text[: found.start()].strip(), _number(found["amount"]), unit, rest)


def _number(text: str) -> str:
    if "," in text and not re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text):
        raise NotDecomposedError(f"has a number that cannot be read: {text}")
    number = Decimal(text.replace(",", ""))
    if not number:
        raise NotDecomposedError("has a strength of zero")
    return f"{number:f}"


def _split_form(text: str) -> Piece:
    """A name without strength, parted before the dose form that it ends with, if it does."""
    words = text.split()
    for start in range(1, len(words)):
        if " ".join(words[start:]).lower() in FORMS:
            return Piece(" ".join(words[:start]), rest=" ".join(words[start:]))
    return Piece(text)


def _form_of(piece: Piece) -> str | None:
    if not piece.rest:
        return None
    if piece.rest.lower() not in FORMS:
        raise NotDecomposedError(f"dose form not in the list: {piece.rest}")
    return FORMS[piece.rest.lower()][0]


def _known(name: str, listed: Mapping[str, str]) -> str:
    base = base_name(name, listed)
    if base not in listed and base not in UNLISTED and base not in INERT:
        raise NotDecomposedError(f"ingredient not in the list: {base}")
    return base


def _strengths(bases: list[str], pieces: list[Piece]) -> tuple[Strength, ...]:
    """Each ingredient's strength; two forms of one ingredient are added up (macrocrystals and monohydrate)."""
    sums: dict[str, Strength] = {}
    for base, piece in zip(bases, pieces, strict=True):
        if not piece.amount or base in INERT:
            continue
        before = sums.get(base)
        if before and before.unit != piece.unit:
            raise NotDecomposedError(f"has {base} in two units")
        amount = Decimal(piece.amount) + (Decimal(before.amount) if before else 0)
        sums[base] = Strength(base, f"{amount.normalize():f}" if before else piece.amount, piece.unit)
    return tuple(sums[base] for base in sorted(sums))


def _term_type(strong: bool, form: str | None, brand: str, precise: list[str], bases: list[str]) -> str:
    """RxNorm's term type by the parts that a name has; empty for a brand with an ingredient and nothing more."""
    if strong:
        return ("SBD" if form else "SBDC") if brand else ("SCD" if form else "SCDC")
    if form:
        return ("SB" if brand else "SC") + ("DG" if form.lower() in GROUPS else "DF")
    if brand:
        return ""
    return "MIN" if len(bases) > 1 else "IN" if precise == bases else "PIN"


def _pack(name: str, listed: Mapping[str, str]) -> Product:
    match = PACK.match(name)
    assert match, name
    whole = bool(match["end"])
    texts = _part_texts(match["parts"])
    parts = [_part(text, listed, cut=not whole and text is texts[-1]) for text in texts]
    if not whole and sum(part.count for part, _ in parts) not in CYCLES:
        raise NotDecomposedError("is cut off, and its parts do not add up to a cycle")
    ingredients = tuple(sorted({i for _, product in parts if product for i in product.ingredients}))
    if not ingredients:
        raise NotDecomposedError("names no active ingredient")
    brand = re.search(r"\[(?P<brand>[^\]]*)\]?", match["end"] or "")
    return Product(
        "BPCK" if brand else "" if CUT.search(name) else "GPCK",
        ingredients,
        form=_one_of({part.form for part, _ in parts if part.strengths}),
        route=_one_of({product.route or "" for _, product in parts if product}),
        brand=brand["brand"].strip(" .") if brand else "",
        parts=tuple(part for part, _ in parts),
    )


def _one_of(values: set[str]) -> str | None:
    """The value that all active parts share; what is cut off says nothing."""
    told = values - {""}
    return told.pop() if len(told) == 1 else None


def _part_texts(text: str) -> list[str]:
    """The parts of a pack: what stands between slashes outside of parentheses."""
    found, depth = [""], 0
    for token in re.split(r"([()]| / )", text):
        depth += (token == "(") - (token == ")")
        if token == " / " and depth == 0:
            found.append("")
        else:
            found[-1] += token
    return [part.strip() for part in found]


def _part(text: str, listed: Mapping[str, str], cut: bool) -> tuple[Part, Product | None]:
    match = PART.match(text)
    if not match:
        raise NotDecomposedError(f"is a pack with a part that cannot be read: {text}")
    name = match["name"].rstrip()
    if cut:
        name = _without_cut_form(name)
    elif not name.endswith(")"):
        raise NotDecomposedError(f"is a pack with a part that is not closed: {text}")
    else:
        name = name[:-1].rstrip()
    if any(_piece(piece).name.lower() in INERT for piece in SLASH.split(name)):
        return Part(int(match["count"]), _form_of(_pieces(name)[-1]) or "", ()), None
    product = decompose(name, listed)
    if not product.strengths or not (product.form or cut):
        raise NotDecomposedError(f"is a pack with a part without strength or dose form: {text}")
    return Part(int(match["count"]), product.form or "", product.strengths), product


def _without_cut_form(name: str) -> str:
    """The last part of a pack that is cut off, up to its dose form, which must have begun: ``75 MG Oral...``."""
    text = name.removesuffix("...").rstrip()
    if text.endswith(")"):
        return text[:-1].rstrip()
    rest = _piece(SLASH.split(text)[-1]).rest
    if rest and any(form.startswith(rest.lower()) for form in FORMS):
        return text.removesuffix(rest).rstrip()
    raise NotDecomposedError(f"is cut off within a part: {name}")


def route_of(form: str | None, ingredients: tuple[str, ...], precise: list[str] | None = None) -> str | None:
    """The route that a dose form is made for; None when the form says none.

    >>> route_of("Delayed Release Oral Capsule", ()), route_of("Inhalation Solution", ("sevoflurane",))
    ('OralRoute', 'SystemicRoute')
    >>> route_of("Nasal Spray", ("sumatriptan",)), route_of("Transdermal System", ("lidocaine",))
    ('SystemicRoute', 'CutaneousRoute')
    """
    if form is None:
        return None
    route = FORMS[form.lower()][1]
    held = set(ingredients)
    if held & SYSTEMIC_ANYWAY.get(route, frozenset()) or (route == "VaginalRoute" and precise == ["estradiol acetate"]):
        return "SystemicRoute"
    if route == TRANSDERMAL and held <= LOCAL_BY_PATCH:
        return "CutaneousRoute"
    return None if held & UNDECIDED.get(route, frozenset()) else route or None
