"""What clinical terms say, made comparable: spelling, number, order and filler words apart, and the words that turn a
disorder into something else (history, suspicion, negation, allergy, side, severity, course, type) kept as marks.

>>> read("Oedema of left feet (finding)") == read("Left foot edema")
True
>>> sorted(read("Anaemias, severe (disorder)").words), read("severe anemia").marks == read("Anaemias, severe").marks
(['anemia'], True)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import msgspec


def _words(text: str, separator: str | None = None) -> list[str]:
    """The words of a table, or what a separator parts."""
    return [part.strip() for part in text.replace("\n", " ").split(separator) if part.strip()]


TAGS = frozenset(
    _words(
        """
    administration method|assessment scale|attribute|body structure|cell|cell structure|
    clinical drug|disorder|dose form|environment|event|finding|foundation metadata concept|
    geographic location|life style|link assertion|linkage concept|location|medicinal product|
    medicinal product form|metadata|morphologic abnormality|navigational concept|observable entity|
    occupation|organism|person|physical force|physical object|procedure|product|product name|
    qualifier value|racial group|record artifact|regime/therapy|religion/philosophy|role|
    situation|social concept|special concept|specimen|staging scale|substance|supplier|
    tumor staging
    """,
        "|",
    )
)
"""SNOMED CT's semantic tags: the last brackets of a fully specified name."""
GENERIC = frozenset(
    _words(
        """
    disease disorder syndrome finding condition illness state structure procedure symptom event
    """
    )
)
"""Words that tell little: they weigh a fifth."""
_STOP = frozenset(
    _words(
        """
    a an and any are as at be been both but by caused current due during elsewhere classified following
    for from in into is it its nec nos of on or other others part site specified such than that the
    their this to type stage grade class unspecified use using was were with patient
    """
    )
)
_SPELLINGS = (
    ("ae", "e"),
    ("oe", "e"),
    ("isation", "ization"),
    ("ising", "izing"),
    ("ised", "ized"),
    ("sulph", "sulf"),
    ("tumour", "tumor"),
    ("colour", "color"),
    ("odour", "odor"),
    ("labour", "labor"),
    ("behaviour", "behavior"),
    ("centre", "center"),
    ("fibre", "fiber"),
    ("calibre", "caliber"),
    ("yse", "yze"),
)
_SAME = {
    pair.split("=")[0]: pair.split("=")[1]
    for pair in _words(
        """
    tumor=neoplasm renal=kidney hepatic=liver cardiac=heart pulmonary=lung cutaneous=skin
    gastric=stomach cerebral=brain ocular=eye dental=tooth teeth=tooth feet=foot osseous=bone
    myocardial=myocardium hereditary=inherited familial=inherited neonatal=newborn infectious=infection
    infective=infection diabetic=diabet diabetes=diabet vulvar=vulva vaginal=vagina aortic=aorta
    penile=penis corneal=cornea retinal=retina tracheal=trachea uterine=uterus ovarian=ovary
    ovarie=ovary prostatic=prostate bronchial=bronchus esophageal=esophagus pancreatic=pancreas
    intestinal=intestine colonic=colon rectal=rectum anal=anus oral=mouth nasal=nose spinal=spine
    vascular=vessel arterial=artery venous=vein muscular=muscle testicular=testis urethral=urethra
    pleural=pleura laryngeal=larynx pharyngeal=pharynx gingival=gingiva splenic=spleen
    umbilical=umbilicu thoracic=thorax abdominal=abdomen pelvic=pelvis
    """
    )
}
"""Words of one thing, by the one that stands for them."""
_PHRASES = (
    (re.compile(r"\bmalignanc(?:y|ies)\b"), "cancer"),
    (re.compile(r"\bnon(?=[a-z]{4})"), "non"),
    (re.compile(r"\bdiabetes mellitus\b"), "diabetes"),
    (re.compile(r"\b(?:family history|fh:|family member with)"), "family"),
    (re.compile(r"\b(?:past|personal|previous|prior|medical) (?:medical )?history\b|\bh/o\b|\bhistory\b"), "history"),
    (re.compile(r"\brule[ds]? out\b"), "excluded"),
    (re.compile(r"\bat risk\b"), "risk"),
    (re.compile(r"\bhypersensitiv(?:e|ity) (?:reaction )?to\b"), "allergy"),
    (re.compile(r"\bintoleran(?:ce|t)\b"), "intolerance"),
)
MARKS: dict[str, tuple[str, str]] = {
    word: (axis, value)
    for axis, groups in {
        "context": "history=history past previous former resolved|family=family familial-history|"
        "suspected=suspected suspicion possible probable questionable provisional|excluded=excluded refuted|"
        "allergy=allergy allergic allergie|intolerance=intolerance|risk=risk|fear=fear|"
        "screening=screening screen|monitoring=monitoring|exposure=exposure exposed|prevention=prevention prophylaxi|"
        "immunization=vaccination immunization vaccine|planned=planned|declined=declined refused|"
        "counseling=counseling education",
        "negation": "not=no not non without absence absent negative denie denied never free",
        "side": "left=left|right=right|bilateral=bilateral|unilateral=unilateral",
        "severity": "mild=mild|moderate=moderate|severe=severe|profound=profound",
        "course": "acute=acute|subacute=subacute|chronic=chronic|recurrent=recurrent recurring",
        "behaviour": "benign=benign|in situ=situ|"
        "malignant=malignant cancer carcinoma sarcoma lymphoma leukemia melanoma adenocarcinoma",
        "rank": "primary=primary|secondary=secondary",
        "origin": "congenital=congenital|acquired=acquired",
        "control": "controlled=controlled|uncontrolled=uncontrolled",
        "level": "low=low decreased reduced|high=high increased raised elevated|normal=normal|abnormal=abnormal",
        "result": "positive=positive detected",
        "dependence": "independent=independent|dependent=dependent",
    }.items()
    for group in groups.split("|")
    for value, words in [group.split("=")]
    for word in words.split()
}
"""By word: the axis on which it turns the meaning, and the value there."""
KEPT = frozenset({"cancer", "carcinoma", "sarcoma", "lymphoma", "leukemia", "melanoma", "adenocarcinoma"})
"""Marks that are words as well."""
_ROMAN = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
}
_TAG = re.compile(r"\s*\(([^()]*)\)\s*$")
_RANGE = re.compile(r"[(\[]\s*[A-Z]\d[\w.]*(?:\s*-\s*[A-Z]\d[\w.]*)?\s*[)\]]")
_BRACKETS = re.compile(r"\s*[\[(][^\[\]()]*[\])]")
_COMPONENT = re.compile(r"([^\[]+)\[[^\]]+\]")
_WORD = re.compile(r"[a-z0-9]+")


_LINK = re.compile(r"\b(?:due to|caused by|secondary to|associated with|resulting from|following|complicating)\b")
"""What stands between a thing and what brought it about."""


class Wording(msgspec.Struct, frozen=True):
    """``words``: stems without order; ``marks``: axis and value.

    ``head``: the words of X in *X due to Y*; ``component``: those of X in *X [property] in system*, as LOINC writes it.
    """

    words: frozenset[str]
    marks: frozenset[tuple[str, str]] = frozenset()
    head: frozenset[str] = frozenset()
    component: frozenset[str] = frozenset()

    def on(self, axis: str) -> frozenset[str]:
        """The values on an axis."""
        return frozenset(value for one, value in self.marks if one == axis)

    @property
    def axes(self) -> frozenset[str]:
        return frozenset(axis for axis, _ in self.marks)


def read(text: str) -> Wording:
    """A term's words and marks."""
    found = _plain(text)
    first, _, rest = found.partition(" | ")
    whole, head = _read(f"{first} {rest}"), _read(first).words if rest else frozenset[str]()
    component = _COMPONENT.match(text)
    return Wording(whole.words, whole.marks, head, _read(_plain(component[1])).words if component else frozenset())


def _read(text: str) -> Wording:
    words: set[str] = set()
    marks: set[tuple[str, str]] = set()
    before = ""
    for word in _WORD.findall(text):
        found = MARKS.get(word) or MARKS.get(stem(word))
        if re.fullmatch(r"\dplus", word):
            marks.add(("result", word))
        elif word.isdigit() or (word in _ROMAN and before):
            marks.add(("number", _ROMAN.get(word, word)))
        elif found:
            marks.add(found)
        elif word not in _STOP:
            words.add(stem(word))
        if word in KEPT:
            words.add(word)
        before = word
    if "neoplasm" in words and ("behaviour", "malignant") in marks:
        words = (words - {"neoplasm"}) | {"cancer"}
    return Wording(frozenset(words), frozenset(marks))


def variants(text: str) -> Iterator[Wording]:
    """A term as it is, and without what stands in brackets, if that turns nothing."""
    whole = read(text)
    yield whole
    without = msgspec.structs.replace(read(_BRACKETS.sub(" ", _untagged(text))), component=whole.component)
    if without.words and without != whole and without.marks == whole.marks:
        yield without


def tag_of(text: str) -> str | None:
    """The semantic tag of a fully specified name.

    >>> tag_of("Asthma (disorder)"), tag_of("Anemia (mild)")
    ('disorder', None)
    """
    tag = _TAG.search(text)
    return tag[1].strip().lower() if tag and tag[1].strip().lower() in TAGS else None


def _untagged(text: str) -> str:
    return _TAG.sub("", text) if tag_of(text) else text


def _plain(text: str) -> str:
    """Letters and digits in small letters, phrases as single words; `` | `` after the X of *X due to Y*."""
    plain = unicodedata.normalize("NFKD", _RANGE.sub(" ", _untagged(text)))
    plain = "".join(one for one in plain if not unicodedata.combining(one)).casefold()
    plain = re.sub(r"['\u2019`]s?\b", "", plain)
    plain = re.sub(r"\++(?![\w+])", lambda plus: f" {len(plus[0])}plus ", plain)
    for phrase, word in _PHRASES:
        plain = phrase.sub(f" {word} ", plain)
    link = _LINK.search(plain)
    return f"{plain[: link.start()]} | {plain[link.end() :]}" if link else plain


def stem(word: str) -> str:
    """A word in American spelling and the singular.

    >>> [stem(one) for one in ("metastases", "metastasis", "biopsies", "haemorrhages", "viruses", "abscesses", "renal")]
    ['metastas', 'metastas', 'biopsy', 'hemorrhage', 'virus', 'abscess', 'kidney']
    """
    for british, american in _SPELLINGS:
        word = word.replace(british, american)
    word = _singular(word) if len(word) > 3 else word
    return _SAME.get(word, word)


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ses", "sis", "xes")):
        return word[:-2]
    if word.endswith("se"):
        return word[:-1]
    if word.endswith(("ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
