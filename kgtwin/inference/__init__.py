"""Patients on top of the shared classification: issues with their proofs, predictions apart from them."""

from kgtwin.inference.infer import infer
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.orders import OrderCheck, check_orders

__all__ = ["Knowledge", "OrderCheck", "check_orders", "infer"]
