"""Ontology files in, model axioms out; the taxonomy back as a file. Nothing is ever fetched from the network.

```
file ──syntax──> functional | owlxml | rdf ──> nodes ──structure──> axioms, origins ──loader──> Ontology
```
"""
