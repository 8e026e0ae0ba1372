"""Issues found on rows of numbers: one patient in microseconds, a population at the same code's pace.

`infer` says all that follows for a patient, with proofs and caveats. Here the same issues of statements are found: who
is concerned, by which statement and which facts, and nothing else; the proof of one is made when it is asked for. What
rules about medicines raise (`IssueKind.of_rule`) their own code decides (`kgtwin.inference.rules`), which asks rows.

```
facts ──encoding──> Columns ─┬──screen──> whom a rule may concern ──ruling──> Raised
                             ├──kernel──> rows of issues ──> Finding
ontology ──gains──> Tables ──┘
```
"""

from kgtwin.inference.columns.finding import Finder, Finding
from kgtwin.inference.columns.rows import Columns, Many, many
from kgtwin.inference.columns.searching import Found

__all__ = ["Columns", "Finder", "Finding", "Found", "Many", "many"]
