"""Which inference to conclude a fact by, so that a proof is well-founded and small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush

from kgtwin.reasoning.inferences import Fact, Inference

_FIRST = 256
"""So many inferences are looked at first, four times as many when they do not suffice, and so on."""


class Ranking:
    """Chooses an inference for each fact that is asked for, and for all that its proof needs.

    Facts are looked at breadth first from the goal; among what has been looked at, the smallest proofs (as trees) are
    found in the order of their size, by Knuth's generalization of Dijkstra's algorithm (Inf. Process. Lett. 6, 1977).
    """

    def __init__(self, inferences: Callable[[Fact], Sequence[Inference]]) -> None:
        self._inferences = inferences
        self.chosen: dict[Fact, Inference] = {}
        self._sizes: dict[Fact, int] = {}

    def prove(self, goal: Fact) -> bool:
        """Whether there is a proof; then ``chosen`` has one."""
        seen, queue, steps = {goal: None}, [goal], list[tuple[Fact, Inference]]()
        limit, at = _FIRST, 0
        while goal not in self.chosen:
            while at < len(queue) and len(steps) < limit:
                fact = queue[at]
                at += 1
                if fact in self.chosen:
                    continue
                for inference in self._inferences(fact):
                    steps.append((fact, inference))
                    for premise in inference.premises:
                        if premise not in seen:
                            seen[premise] = None
                            queue.append(premise)
            self._close(goal, steps)
            if at >= len(queue):
                break
            limit *= 4
        return goal in self.chosen

    def size(self, fact: Fact) -> int:
        """The number of steps of a proof that was found, shared ones counted each time."""
        return self._sizes[fact]

    def _close(self, goal: Fact, steps: list[tuple[Fact, Inference]]) -> None:
        """Proves what the steps prove, smallest proofs first, up to the goal's."""
        sizes: dict[Fact, int] = {}
        chosen: dict[Fact, Inference] = {}
        uses: dict[Fact, list[int]] = {}
        missing, cost = [0] * len(steps), [1] * len(steps)
        heap: list[tuple[int, int]] = []
        for i, (_, inference) in enumerate(steps):
            for premise in dict.fromkeys(inference.premises):
                if premise in self._sizes:
                    cost[i] += self._sizes[premise]
                else:
                    uses.setdefault(premise, []).append(i)
                    missing[i] += 1
            if not missing[i]:
                heappush(heap, (cost[i], i))
        while heap and goal not in sizes:
            size, i = heappop(heap)
            fact, inference = steps[i]
            if fact in sizes:
                continue
            sizes[fact], chosen[fact] = size, inference
            for user in uses.get(fact, ()):
                cost[user] += size
                missing[user] -= 1
                if not missing[user]:
                    heappush(heap, (cost[user], user))
        if goal in sizes:
            self._keep(goal, chosen, sizes)

    def _keep(self, goal: Fact, chosen: dict[Fact, Inference], sizes: dict[Fact, int]) -> None:
        todo = [goal]
        for fact in todo:
            if fact not in self.chosen:
                self.chosen[fact], self._sizes[fact] = chosen[fact], sizes[fact]
                todo.extend(chosen[fact].premises)
