"""What is derived about one class expression or one individual."""

from __future__ import annotations

from kgtwin.model.axioms import ClassExpression
from kgtwin.reasoning.inferences import Link, Subsumption


class Context:
    """``subs``: subsumers with the inference that first gave each; ``succ[r]``: links out by r; ``pred[r]``: links in.

    ``node`` is an individual's IRI, or the class expression; ``ranges`` are the role ranges that a filler carries
    beside its ``root``. ``props[s]`` lists ``(∃s.C, C)`` for each of its subsumers C that some ``∃s.C`` waits for.
    A ``final`` context is closed and shared: nothing may be added to it.
    """

    __slots__ = ("final", "node", "pred", "props", "ranges", "root", "subs", "succ")

    def __init__(self, node: str | ClassExpression, root: int | None, ranges: tuple[int, ...] = ()) -> None:
        self.node = node
        self.root = root
        self.ranges = ranges
        self.final = False
        self.subs: dict[int, Subsumption] = {}
        self.succ: dict[str, dict[Context, Link]] = {}
        self.pred: dict[str, list[Context]] = {}
        self.props: dict[str, list[tuple[int, int]]] = {}

    @property
    def is_individual(self) -> bool:
        """Whether it is one individual rather than any instance of a class."""
        return self.root is None
