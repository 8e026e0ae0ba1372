"""Compiled readers and writers for large ontologies: bytes to columns and back, without a Python value an axiom.

Numba is imported by the modules here only; import them where a large file is at hand.
"""
