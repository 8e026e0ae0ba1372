"""What an ontology engineer does with ontologies: check, compare, see what an edit does to patients, review, release.

```
files, git revisions ──> ontology, reasoning, inference ──> findings, differences, impacts ──> cli
```
"""
