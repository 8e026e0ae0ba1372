"""Proofs of an issue for others: all minimal sets of premises, and documents that can be checked."""
