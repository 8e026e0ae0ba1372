"""Tables as CSV (RFC 4180) and TSV."""

from __future__ import annotations

import re
from typing import Any, Final

from kgtwin.model.twin import Table
from kgtwin.store.columns import text

_QUOTED: Final = re.compile(r'[",\r\n]')
_FORMULA: Final = re.compile(r"[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def csv_bytes(table: Table, *, spreadsheet: bool = False) -> bytes:
    """A header and a line a row, ended by CRLF; an unset value is empty, an empty text ``""``.

    A spreadsheet runs a text such as ``=HYPERLINK(…)`` as a formula, and displays in a record come from elsewhere.
    Programs need the texts as they are, so only with ``spreadsheet`` each text that could be a formula gets an
    apostrophe before it; numbers keep their signs.

    >>> csv_bytes(Table(("a", "b"), (("=1+1", -5),)), spreadsheet=True)
    b"a,b\\r\\n'=1+1,-5\\r\\n"
    """
    rows = [table.columns, *table.rows]
    return "".join(",".join(_csv_cell(one, spreadsheet) for one in row) + "\r\n" for row in rows).encode()


def _csv_cell(value: Any, spreadsheet: bool) -> str:
    if value is None:
        return ""
    found = text(value)
    if spreadsheet and isinstance(value, str) and _FORMULA.match(found):
        found = "'" + found
    if found and _QUOTED.search(found) is None:
        return found
    return '"' + found.replace('"', '""') + '"'


def tsv_bytes(table: Table) -> bytes:
    r"""A header and a line a row; tabs, line ends and backslashes in texts as ``\t``, ``\n``, ``\r`` and ``\\``.

    >>> tsv_bytes(Table(("a", "b"), (("x\ty", None),)))
    b'a\tb\nx\\ty\t\n'
    """
    rows = [table.columns, *table.rows]
    return "".join("\t".join(_tsv_cell(one) for one in row) + "\n" for row in rows).encode()


def _tsv_cell(value: Any) -> str:
    return "" if value is None else text(value).translate(_ESCAPES)
