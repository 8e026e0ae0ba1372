"""OMOP CDM 5.4: tables as CSV, Parquet, in DuckDB or PostgreSQL, with the vocabulary tables.

``read`` gives one ``Submission`` a person and never raises on bad data: what is wrong with a row is a ``Problem``, and
the other rows stand. ``recognises`` says whether a path holds OMOP.
"""

from kgtwin.sources.omop.locating import recognises
from kgtwin.sources.omop.reader import read

__all__ = ["read", "recognises"]
