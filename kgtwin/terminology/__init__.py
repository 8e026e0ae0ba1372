"""Codes and units as received, and what they map to: SSSOM mappings, UCUM.

``Terminology.load(folder).coded(codings, text)`` maps codes; ``units.parse``, ``units.same_quantity`` and
``units.convert`` are about units. Neither ``curies`` nor ``ucumvert`` is imported before a mapping or a unit needs it.
"""

from kgtwin.model.concept import prefix_of
from kgtwin.terminology.mapper import Terminology

__all__ = ["Terminology", "prefix_of"]
