"""The words of RxNorm names: salts, units, dose forms with their routes, other names of ingredients (tables only).

They were read through by a person. A word that stands in none of them makes a name be refused, never guessed.
"""

from __future__ import annotations


def _words(text: str, separator: str | None = None) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(separator))


# The counter-ions, hydrates and esters that a precise ingredient adds to the ingredient's name.
SALTS = _words(
    """acetate acetonide anhydrous arginine aspartate axetil benzathine benzoate besilate besylate bisulfate bitartrate
    bromide butyrate calcium camsylate caproate carbonate chloride cilexetil citrate cypionate decanoate diacetate
    dihydrate dihydrochloride dimesylate diolamine diphosphate dipotassium dipropionate disodium edisylate enanthate
    epolamine erbumine estolate esylate etabonate ethylsuccinate fumarate furoate gluceptate glucoheptonate
    gluconate hcl hemihydrate heptahydrate hexacetonide hippurate hyclate hydrobromide hydrochloride hydrocholoride
    isethionate isonicotinate lactate lactobionate lysine magnesium malate maleate medoxomil meglumine mesylate
    methylsulfate mofetil monohydrate monosodium mucate nafate napsylate nitrate olamine orotate oxalate palmitate
    pamoate pentahydrate phosphate pivalate pivoxil polacrilex polistirex polygalacturonate potassium propionate
    proxetil pyrophosphate saccharate salicylate sesquihydrate sodium stearate strontium succinate sulfate tannate
    tartrate tebutate teoclate terephthalate tetrahydrate tosylate trihydrate trometamol tromethamine undecanoate
    valerate xinafoate"""
)
# What is left of a name must not be one of these: potassium chloride is the ingredient, not a salt of "potassium".
ELEMENTS = _words(
    """aluminum ammonium antimony arsenic barium bismuth calcium cesium chromium cobalt copper ferric ferrous gallium
    gold iron lanthanum lithium magnesium manganese mercury nickel potassium selenium silver sodium strontium thallium
    tin titanium zinc"""
)
# Names that look like an ingredient with a salt and are an ingredient of their own.
WHOLE = _words(
    """bismuth subsalicylate|choline salicylate|dextran sulfate|isosorbide dinitrate|isosorbide mononitrate|
    magnesium salicylate|methyl salicylate|penicillin g benzathine|penicillin g procaine|pyridoxal phosphate|
    trolamine salicylate""",
    "|",
)
# Fillers of a pack; they treat nothing.
INERT = frozenset({"inert ingredients"})
# Another name of an ingredient, an old spelling or a misspelling that the sources use -> the name in the list.
ALIASES = {
    "alendronic acid": "alendronate",
    "cyclosporine, modified": "cyclosporine",
    "estrogens, conjugated": "estrogens, conjugated (usp)",
    "heparin sodium, bovine": "heparin",
    "heparin sodium, porcine": "heparin",
    "insulin human, isophane": "isophane insulin, human",
    "insulin isophane, human": "isophane insulin, human",
    "levothyroxine": "thyroxine",
    "lithium ion": "lithium",
    "nitrofurantoin, macrocrystals": "nitrofurantoin",
    "nitrofurantoin, macrocrystalline": "nitrofurantoin",
    "nitrofurantoin, monohydrate": "nitrofurantoin",
    "regular insulin, human": "insulin, regular, human",
    "simvistatin": "simvastatin",
    "vitamin b12": "vitamin b 12",
    "cyanocobalamin": "vitamin b 12",
}
# A brand that a source writes in place of the ingredient.
BRANDS = {"lasix": "furosemide"}
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

# RxNorm's units -> UCUM. UNT is a unit of activity that depends on the substance, hence an arbitrary unit.
UNITS = {
    "MG": "mg", "MCG": "ug", "G": "g", "ML": "mL", "L": "L", "UNT": "[arb'U]", "IU": "[arb'U]", "MEQ": "meq",
    "MMOL": "mmol", "MCI": "mCi", "CELLS": "{cells}", "BAU": "[BAU]", "AU": "[AU]", "PNU": "[PNU]", "%": "%",
}  # fmt: skip
DENOMINATORS = {
    "MG": "mg", "G": "g", "ML": "mL", "L": "L", "HR": "h", "DAY": "d", "ACTUAT": "{actuat}", "SQCM": "cm2",
}  # fmt: skip
# What may stand before the first ingredient and is none.
DISTINCTIONS = (
    "Abuse-Deterrent", "Alcohol-Free", "Breath-Actuated", "Osmotic", "Preservative-Free", "Sugar-Free",
)  # fmt: skip

ORAL, PARENTERAL, SYSTEMIC, INHALED = "OralRoute", "ParenteralRoute", "SystemicRoute", "InhaledRoute"
TRANSDERMAL, CUTANEOUS, EYE, EAR = "TransdermalRoute", "CutaneousRoute", "OphthalmicRoute", "OticRoute"
NOSE, VAGINA, RECTUM, UTERUS = "NasalRoute", "VaginalRoute", "RectalRoute", "IntrauterineRoute"
# RxNorm's dose forms by the route that they are made for; "" where the form does not tell it.
_BY_ROUTE = {
    ORAL: """Chewable Tablet|Delayed Release Oral Capsule|Delayed Release Oral Granules|
        Delayed Release Oral Suspension|Delayed Release Oral Tablet|Disintegrating Oral Tablet|
        Effervescent Oral Tablet|Extended Release Chewable Tablet|Extended Release Disintegrating Oral Tablet|
        Extended Release Oral Capsule|Extended Release Oral Granules|Extended Release Oral Suspension|
        Extended Release Oral Tablet|Granules for Oral Solution|Granules for Oral Suspension|Oral Capsule|Oral Film|
        Oral Granules|Oral Pellet|Oral Powder|Oral Solution|Oral Suspension|Oral Tablet|Oral Wafer|
        Powder for Oral Solution|Powder for Oral Suspension|Tablet for Oral Suspension""",
    SYSTEMIC: "Buccal Film|Buccal Tablet|Mucosal Spray|Sublingual Film|Sublingual Powder|Sublingual Tablet",
    PARENTERAL: """Auto-Injector|Cartridge|Drug Implant|Extended Release Suspension for Injection|Injectable Solution|
        Injectable Suspension|Injection|Intramuscular Solution|Intravenous Solution|Intravenous Suspension|
        Jet Injector|Pen Injector|Prefilled Syringe|Subcutaneous Solution|Powder for Injectable Solution""",
    UTERUS: "Intrauterine System",
    TRANSDERMAL: "Transdermal Patch|Transdermal System",
    INHALED: """Dry Powder Inhaler|Gas for Inhalation|Inhalation Powder|Inhalation Solution|Inhalation Spray|
        Inhalation Suspension|Metered Dose Inhaler""",
    EYE: """Ophthalmic Cream|Ophthalmic Gel|Ophthalmic Insert|Ophthalmic Ointment|Ophthalmic Solution|
        Ophthalmic Suspension""",
    EAR: "Otic Cream|Otic Ointment|Otic Solution|Otic Suspension",
    NOSE: """Metered Dose Nasal Spray|Nasal Gel|Nasal Inhaler|Nasal Ointment|Nasal Powder|Nasal Solution|Nasal Spray|
        Nasal Suspension""",
    CUTANEOUS: """Augmented Topical Cream|Augmented Topical Gel|Augmented Topical Lotion|Augmented Topical Ointment|
        Medicated Patch|Medicated Shampoo|Topical Cream|Topical Foam|Topical Gel|Topical Lotion|Topical Oil|
        Topical Ointment|Topical Powder|Topical Solution|Topical Spray|Topical Suspension""",
    VAGINA: """Vaginal Cream|Vaginal Foam|Vaginal Gel|Vaginal Insert|Vaginal Ointment|Vaginal Ring|
        Vaginal Suppository|Vaginal System|Vaginal Tablet""",
    RECTUM: """Enema|Rectal Cream|Rectal Foam|Rectal Gel|Rectal Ointment|Rectal Solution|Rectal Suppository|
        Rectal Suspension""",
    "": """Irrigation Solution|Medicated Pad|Mouthwash|Oral Cream|Oral Foam|Oral Gel|Oral Lozenge|Oral Ointment|
        Oral Paste|Oral Spray|Powder|Toothpaste|Chewing Gum""",
}
# Groups of dose forms, as in SCDG and SBDG names.
_GROUPS = {
    ORAL: "Pill|Oral Liquid Product|Oral Product|Chewable Product|Disintegrating Oral Product",
    PARENTERAL: "Injectable Product",
    INHALED: "Inhalant Product",
    TRANSDERMAL: "Transdermal Product",
    CUTANEOUS: "Topical Product",
    EYE: "Ophthalmic Product",
    EAR: "Otic Product",
    NOSE: "Nasal Product",
    VAGINA: "Vaginal Product",
    RECTUM: "Rectal Product",
    SYSTEMIC: "Buccal Product|Sublingual Product",
}


def _forms(by_route: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {
        form.strip().lower(): (form.strip(), route) for route, forms in by_route.items() for form in forms.split("|")
    }


GROUPS = _forms(_GROUPS)
# A dose form in lower case -> how RxNorm writes it, and its route.
FORMS = _forms(_BY_ROUTE) | GROUPS | {"oral table": ("Oral Tablet", ORAL)}

# Given by a form for local effect and yet meant for the whole body, by the route that the form suggests.
SYSTEMIC_ANYWAY = {
    INHALED: _words(
        """desflurane enflurane halothane iloprost insulin isoflurane levodopa loxapine methoxyflurane nicotine
        sevoflurane treprostinil"""
    )
    | {"insulin, regular, human", "nitrous oxide"},
    NOSE: _words(
        """butorphanol calcitonin desmopressin diazepam dihydroergotamine fentanyl glucagon ketorolac metoclopramide
        midazolam nafarelin naloxone nicotine sumatriptan testosterone zolmitriptan"""
    )
    | {"deamino arginine vasopressin", "salmon calcitonin"},
    VAGINA: frozenset({"ethinyl estradiol", "etonogestrel"}),
    CUTANEOUS: frozenset({"nitroglycerin", "testosterone"}),
    RECTUM: _words(
        """acetaminophen aspirin chlorpromazine diazepam ergotamine hydromorphone indomethacin morphine oxymorphone
        prochlorperazine promethazine"""
    ),
}
# A patch for the skin below it, though its dose form says transdermal system.
LOCAL_BY_PATCH = frozenset({"camphor", "capsaicin", "diclofenac", "lidocaine", "menthol", "methyl salicylate"})
# Ingredients whose cutaneous or vaginal products may be meant for either effect: no route is told.
UNDECIDED = {CUTANEOUS: frozenset({"estradiol"}), VAGINA: frozenset({"estradiol"})}
