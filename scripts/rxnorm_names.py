"""What an RxNorm name says: the active ingredients and the route of a product (pure; used by ``make_products.py``).

An RxNorm name is built by term type: ``24 HR metoprolol succinate 50 MG Extended Release Oral Tablet [Toprol]`` has a
quantity, for each ingredient its name and strength, a dose form and a brand; a pack has its parts in braces. The tables
were read through by a person, name by name; a name that they do not cover is reported, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

UNIT = r"(?:MG|MCG|G|ML|UNT|MEQ|MMOL|CELLS|%)"
PER = r"(?:/(?:MG|ML|HR|ACTUAT|DAY|G|L))?"
STRENGTH = re.compile(rf"\s*\b(?P<amount>\d[\d.,]*)\s*{UNIT}{PER}(?![\w/])", re.IGNORECASE)
BRAND = re.compile(r"\[(?P<brand>[^\]]*)\]?")
PREFIX = re.compile(
    r"^(?:NDA\d+|(?:\d[\d.]*)\s*(?:HR|ML|ACTUAT|DAY)\b;?|Abuse-Deterrent|Breath-Actuated|Preservative-Free)\s*",
    re.IGNORECASE,
)
REMARK = re.compile(r"\s*\((?!USP)[^)]*\)", re.IGNORECASE)
PACK = re.compile(r"^\{(?P<parts>.*?)\s*(?:\}\s*Pack\b.*)?$", re.IGNORECASE)
PART = re.compile(r"(?P<count>\d+)\s+\((?P<name>[^)]*)")

# The counter-ions, hydrates and esters that RxNorm's precise ingredients add to the ingredient's name.
SALTS = frozenset(
    {
        "acetate", "anhydrous", "besylate", "bitartrate", "bromide", "calcium", "chloride", "citrate",
        "dihydrate", "dihydrochloride", "dimesylate", "diphosphate", "dipropionate", "disodium", "fumarate",
        "furoate", "hyclate", "hydrobromide", "hydrochloride", "hydrocholoride", "maleate", "mesylate",
        "monohydrate", "monosodium", "nitrate", "phosphate", "potassium", "propionate", "sodium",
        "succinate", "sulfate", "tartrate", "tosylate", "trihydrate", "valerate",
    }
)  # fmt: skip
# A salt word after one of these is no counter-ion: the whole is the ingredient (potassium chloride, ferrous sulfate).
IONS = frozenset(
    {
        "aluminum", "ammonium", "barium", "calcium", "ferrous", "iron", "lithium", "magnesium", "potassium",
        "sodium", "zinc",
    }
)  # fmt: skip
# Fillers of a pack; they treat nothing.
INERT = frozenset({"inert ingredients"})
# Another name of an ingredient, a brand or a misspelling that the sources use -> the name in the ingredient list.
ALIASES = {
    "alendronic acid": "alendronate",
    "cyclosporine, modified": "cyclosporine",
    "heparin sodium, porcine": "heparin",
    "insulin human, isophane": "isophane insulin, human",
    "insulin isophane, human": "isophane insulin, human",
    "lasix": "furosemide",
    "levothyroxine": "thyroxine",
    "nitrofurantoin, macrocrystals": "nitrofurantoin",
    "nitrofurantoin, monohydrate": "nitrofurantoin",
    "regular insulin, human": "insulin, regular, human",
    "simvistatin": "simvastatin",
    "vitamin b12": "vitamin b 12",
}
# Ingredients that the ingredient list lacks (newer ones mostly); each was read and is an ingredient, no brand.
UNLISTED = frozenset(
    {
        "abemaciclib", "abobotulinumtoxina", "ado-trastuzumab emtansine", "alteplase", "baricitinib", "bictegravir",
        "canagliflozin", "cobicistat", "denosumab", "dienogest", "dimethyl fumarate", "dolutegravir", "dornase alfa",
        "elvitegravir", "escitalopram", "etonogestrel", "glatiramer", "hyaluronidase", "ivabradine", "ivacaftor",
        "ledipasvir", "liraglutide", "neratinib", "palbociclib", "pitavastatin", "pramipexole", "prasugrel",
        "proparacaine", "raltegravir", "remdesivir", "ribociclib", "rilpivirine", "rocuronium", "sacubitril",
        "sofosbuvir", "tazobactam", "tenofovir alafenamide", "tenofovir disoproxil", "ticagrelor", "tocilizumab",
    }
)  # fmt: skip

ORAL, PARENTERAL, SYSTEMIC, INHALED = "OralRoute", "ParenteralRoute", "SystemicRoute", "InhaledRoute"
# RxNorm dose forms, by their words; the first that matches decides.
ROUTES = (
    (r"oral (?:tablet?|capsule|solution|suspension)\b", ORAL),
    (r"chewable tablet", ORAL),
    (r"sublingual (?:tablet|film)|buccal (?:tablet|film)|mucosal spray", SYSTEMIC),
    (r"inject|prefilled syringe|cartridge", PARENTERAL),
    (r"drug implant", PARENTERAL),
    (r"intrauterine system", "IntrauterineRoute"),
    (r"transdermal (?:system|patch)", "TransdermalRoute"),
    (r"inhaler|inhalation (?:solution|suspension|powder)", INHALED),
    (r"ophthalmic", "OphthalmicRoute"),
    (r"otic", "OticRoute"),
    (r"nasal", "NasalRoute"),
    (r"topical", "CutaneousRoute"),
    (r"vaginal", "VaginalRoute"),
    (r"rectal|enema|suppository", "RectalRoute"),
)
# Given by a local form for an effect on the whole body: anaesthetic vapours and the hormones of a vaginal ring.
SYSTEMIC_BY_INHALATION = frozenset({"desflurane", "isoflurane", "sevoflurane"})
SYSTEMIC_BY_VAGINA = frozenset({"ethinyl estradiol", "etonogestrel"})


@dataclass(frozen=True)
class Product:
    """A product as its name tells it: ingredient names (lower case, salts stripped), route if the form says one."""

    ingredients: tuple[str, ...]
    route: str | None
    brand: str = ""


class NotDecomposedError(ValueError):
    """The name does not say what is in the product; the message says why."""


def base_name(name: str, listed: Mapping[str, str]) -> str:
    """The ingredient that a precise ingredient is a form of.

    >>> base_name("Metoprolol succinate", {"metoprolol": "6918"})
    'metoprolol'
    >>> base_name("Ferrous Sulfate", {"ferrous sulfate": "24947"})
    'ferrous sulfate'
    >>> base_name("Sodium Chloride", {"sodium chloride": "9863", "sodium": "9853"})
    'sodium chloride'
    """
    full = " ".join(name.lower().split())
    full = ALIASES.get(full, full)
    shorter = _without_salts(full)
    spellings = (shorter, full, re.sub(r"-[a-z]{4}$", "", shorter), re.sub(r"\s*\(usp\)", "", full))
    candidates = (ALIASES.get(spelling, spelling) for spelling in spellings)
    return next((name for name in candidates if name in listed or name in UNLISTED), shorter)


def _without_salts(name: str) -> str:
    words = name.split()
    while len(words) > 1 and words[-1] in SALTS and words[-2] not in IONS:
        words.pop()
    return " ".join(words)


def decompose(name: str, listed: Mapping[str, str]) -> Product:
    """The product that an RxNorm name describes.

    Raises NotDecomposedError when it names no ingredient with certainty.

    >>> listed = {"acetaminophen": "161", "hydrocodone": "5489"}
    >>> decompose("Acetaminophen 325 MG / HYDROcodone Bitartrate 7.5 MG Oral Tablet", listed)
    Product(ingredients=('acetaminophen', 'hydrocodone'), route='OralRoute', brand='')
    """
    brand = BRAND.search(name)
    plain = REMARK.sub("", BRAND.sub("", name)) if not name.startswith("{") else BRAND.sub("", name)
    parts = _parts(plain) if plain.startswith("{") else [plain]
    products = [_single(part, listed) for part in parts]
    ingredients = tuple(sorted({i for product in products for i in product.ingredients} - INERT))
    if not ingredients:
        raise NotDecomposedError("names no active ingredient")
    routes = {product.route for product in products if product.route}
    return Product(ingredients, routes.pop() if len(routes) == 1 else None, brand["brand"] if brand else "")


def _parts(name: str) -> list[str]:
    pack = PACK.match(name)
    parts = PART.findall(pack["parts"]) if pack else []
    if not parts:
        raise NotDecomposedError("is a pack whose parts are not named")
    if "}" not in name and sum(int(count) for count, _ in parts) % 7:
        raise NotDecomposedError("is cut off, and its parts do not add up to weeks")
    return [part for _, part in parts]


def _single(name: str, listed: Mapping[str, str]) -> Product:
    rest = name.strip()
    while PREFIX.match(rest):
        rest = PREFIX.sub("", rest, count=1)
    pieces = re.split(r"\s*/\s+|\s+/\s*|(?<=[a-z])/(?=[A-Z])", rest)
    found = [STRENGTH.search(piece) for piece in pieces]
    names = [piece[: m.start()] if m else piece for piece, m in zip(pieces, found, strict=True)]
    last = found[-1]
    form = pieces[-1][last.end() :] if last else ""
    ingredients = tuple(base_name(part, listed) for part in names)
    if not all(i in listed or i in UNLISTED or i in INERT for i in ingredients):
        unknown = ", ".join(i for i in ingredients if i not in listed and i not in UNLISTED)
        raise NotDecomposedError(f"ingredient not in the list: {unknown}")
    return Product(ingredients, route_of(form, ingredients))


def route_of(form: str, ingredients: tuple[str, ...]) -> str | None:
    """The route that a dose form is made for; None when the form says none.

    >>> route_of("Delayed Release Oral Capsule", ()), route_of("Inhalation Solution", ("sevoflurane",))
    ('OralRoute', 'SystemicRoute')
    """
    for pattern, route in ROUTES:
        if re.search(pattern, form, re.IGNORECASE):
            systemic = {INHALED: SYSTEMIC_BY_INHALATION, "VaginalRoute": SYSTEMIC_BY_VAGINA}.get(route, frozenset())
            return SYSTEMIC if systemic & set(ingredients) else route
    return None
