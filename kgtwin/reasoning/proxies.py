"""Stand-ins: atoms by which keys, rules and the ranges of individuals are asked and told through the engine.

A rule's class atom ``C(x)`` may be any expression. Lowering adds ``C ⊑ P`` for a body and ``P ⊑ C`` for a head, where P
is taken as it stands: whether an individual is in C, or that it is, is then one atom. In the same way ``∃r⁻.⊤ ⊑ D`` for
each range D of a role r tells what its values are.
"""

from __future__ import annotations

from kgtwin.model.axioms import Class, ClassExpression, Unsupported
from kgtwin.model.owl_text import render_expression
from kgtwin.vocabulary import OWL_THING

_RULE = "DLSafeRule"


def stand_in(expression: ClassExpression) -> ClassExpression:
    """What stands for an expression of a rule or key: a named class for itself."""
    return expression if isinstance(expression, Class) else Unsupported(_RULE, render_expression(expression))


def reached_by(role: str) -> Unsupported:
    """``∃r⁻.⊤``: what a role leads to.

    >>> reached_by("http://x/r").text
    'ObjectSomeValuesFrom(ObjectInverseOf(<http://x/r>) <http://www.w3.org/2002/07/owl#Thing>)'
    """
    return Unsupported("ObjectInverseOf", f"ObjectSomeValuesFrom(ObjectInverseOf(<{role}>) <{OWL_THING}>)")
