"""Rules about medicines that stand as data in the ontology, evaluated on a patient beside the statements.

A statement is a class that a patient falls under. A rule says what no class can: that something was *not* done, or what
adds up. `known` is what rules ask of a patient, `taking` says what is taken since when, a module for each family
decides what is raised (`raised`) and tells it, and `evaluate` puts them together.
"""
