"""The OWL EL reasoner: axioms in, an immutable classification out, patients realised on top of it.

```
axioms ──indexing──> Index ──saturation──> Context closures ──taxonomy──> Classification ──realise──> Realisation
                                                  └──────────────proofs──────────────┘
```
The calculus is that of Kazakov, Krötzsch and Simančík, "The Incredible ELK" (J. Autom. Reasoning 53, 2014), with
domains, ranges, reflexive roles and numeric intervals added; see ``docs/reasoning.md``.
"""

from __future__ import annotations

from kgtwin.reasoning.additive import Additive
from kgtwin.reasoning.asking import Questions, Together
from kgtwin.reasoning.classification import Classification, classify
from kgtwin.reasoning.extension import Node
from kgtwin.reasoning.realisation import Realisation

__all__ = ["Additive", "Classification", "Node", "Questions", "Realisation", "Together", "classify"]
