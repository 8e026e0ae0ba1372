"""The independent checker of proof documents: it imports the model only, and none of what makes proofs."""

from kgtwin.verification.checker import verify

__all__ = ["verify"]
