"""Patients on top of the shared classification: issues with their proofs, predictions apart from them."""

from kgtwin.inference.infer import infer
from kgtwin.inference.knowledge import Knowledge

__all__ = ["Knowledge", "infer"]
