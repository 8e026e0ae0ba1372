"""A store's patients as OMOP CDM 5.4: the tables that kgtwin reads, CDM_SOURCE and OBSERVATION_PERIOD.

``Export`` takes every patient twice: ``survey`` learns which codes and numbers there are, ``write`` writes the rows.
"""

from kgtwin.sources.omop.export.exporter import Export, Report

__all__ = ["Export", "Report"]
