"""Made-up SNOMED CT releases: identifiers of a namespace that nobody has, with their check digits."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from stdnum import verhoeff

from kgtwin.ontology.rf2 import AXIOMS, ONTOLOGY
from kgtwin.ontology.rf2_files import DESCRIPTION_COLUMNS, EXPRESSION_COLUMNS, LANGUAGE_COLUMNS

MODULE = "900000000000207008"
FULL_NAME, SYNONYM = "900000000000003001", "900000000000013009"
PREFERRED, ACCEPTABLE = "900000000000548007", "900000000000549004"
PREFIXES = ("Prefix(:=<http://snomed.info/id/>)", "Prefix(xsd:=<http://www.w3.org/2001/XMLSchema#>)")
NAMED = "Ontology(<http://snomed.info/sct/900000000000207008>)"


def sctid(number: int, partition: str = "10") -> str:
    """A concept's identifier (``11``: a description's)."""
    body = f"{number}9999999{partition}"
    return body + str(verhoeff.calc_check_digit(body))


class ReleaseBuilder:
    """Writes the files of a release; every row has its own id unless one is given."""

    def __init__(self, folder: Path, time: str = "20260101", kind: str = "Snapshot") -> None:
        self.folder, self.time, self.kind = folder, time, kind
        self.rows: dict[str, list[str]] = {"expressions": [], "descriptions": [], "languages": []}

    def row(self, file: str, *fields: str, id: str | None = None, time: str | None = None, active: str = "1") -> str:
        """Adds a row; returns its id."""
        own = id or str(UUID(int=len(self.rows[file])))
        self.rows[file].append("\t".join([own, self.time if time is None else time, active, MODULE, *fields]))
        return own

    def head(self, *texts: str) -> None:
        for text in texts or (*PREFIXES, NAMED):
            self.row("expressions", ONTOLOGY, ONTOLOGY, text)

    def axiom(self, concept: int, text: str, **more: str) -> str:
        """``text`` names concepts as ``{1}``."""
        return self.row("expressions", AXIOMS, sctid(concept), named(text), **more)

    def name(
        self, number: int, concept: int, term: str, language: str = "en", type_: str = FULL_NAME, **more: str
    ) -> str:
        fields = (sctid(concept), language, type_, term, "900000000000448009")
        return self.row("descriptions", *fields, id=sctid(number, "11"), **more)

    def write(self) -> Path:
        """Writes the files; returns the release's folder."""
        begin, end = f"{self.folder}/{self.kind}", f"INT_{self.time}.txt"
        files = {
            "expressions": (f"{begin}/Terminology/sct2_sRefset_OWLExpression{self.kind}_{end}", EXPRESSION_COLUMNS),
            "descriptions": (f"{begin}/Terminology/sct2_Description_{self.kind}-en_{end}", DESCRIPTION_COLUMNS),
            "languages": (f"{begin}/Refset/Language/der2_cRefset_Language{self.kind}-en_{end}", LANGUAGE_COLUMNS),
        }
        for rows, (name, columns) in files.items():
            file = Path(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes("".join(f"{row}\r\n" for row in ("\t".join(columns), *self.rows[rows])).encode())
        return self.folder

    @property
    def expressions(self) -> Path:
        return next((self.folder / self.kind / "Terminology").glob("*OWLExpression*"))


def named(text: str) -> str:
    """A text with ``{1}`` for the identifier of concept 1."""
    for number in range(100):
        text = text.replace(f"{{{number}}}", sctid(number))
    return text
