"""What is known beside patients: classes, roles, statements, rules, analytes, medicines, equations; classified once."""

from kgtwin.inference.knowledge.expressions import existentials, named, result_filler
from kgtwin.inference.knowledge.knowledge import Knowledge, version_of

__all__ = ["Knowledge", "existentials", "named", "result_filler", "version_of"]
