"""What an ingest says: a line a submission for programs, a summary for people."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from kgtwin.cli.counting import counted
from kgtwin.model.submission import Receipt


def receipt_to_dict(receipt: Receipt) -> dict[str, Any]:
    """The acknowledgement of a submission as plain values."""
    fields: dict[str, Any] = msgspec.to_builtins(receipt)
    fields["rejected"] = receipt.rejected
    return fields


class Tally:
    """Counts receipts."""

    def __init__(self) -> None:
        self.submissions = 0
        self.facts = 0
        self.rejected = 0
        self.patients: set[str] = set()
        self.outcomes: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()

    def add(self, receipt: Receipt) -> None:
        """Count one more."""
        self.submissions += 1
        self.facts += receipt.facts
        self.rejected += receipt.rejected
        self.patients.update(receipt.patients)
        self.outcomes.update(receipt.outcomes)
        self.counted.update(receipt.counted)

    def summary(self) -> str:
        """A few lines for people."""
        done = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items())) or "nothing"
        lines = [
            f"{counted(self.submissions, 'submission')} about {counted(len(self.patients), 'patient')}: "
            f"{counted(self.facts, 'new fact')}",
            f"resources: {done}",
        ]
        if self.counted:
            others = ", ".join(f"{count} {name}" for name, count in self.counted.most_common())
            lines.append(f"carrying no facts: {others}")
        if self.rejected:
            lines.append(f"rejected: {self.rejected} (reasons on standard error); everything else was kept")
        return "\n".join(lines)
