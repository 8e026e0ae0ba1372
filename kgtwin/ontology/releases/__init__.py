"""Published releases in, OWL modules out: what a hospital has licensed, read from its own copy and never shipped.

```
SNOMED CT RF2 ─┐
RxNorm RRF ────┤
MED-RT, MeSH ──┼── readers (a wrong row is told and left out) ──> lines of functional syntax ──> one file, or none
tables ────────┤
OBO ───────────┘
```

A statement that comes out of a release is silent until somebody reviews it.
"""
