"""What an edit changes in what follows: ``robot reason`` on both versions and ``robot diff``, against kgtwin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

from robot_calls import Outcome, Robot
from robot_reasoning import Compared, Pair, reasons

from kgtwin.workbench.differences import Version
from kgtwin.workbench.inferred import Conclusion, Reasoned, inferred
from kgtwin.workbench.revisions import Side
from kgtwin.workbench.structural import anonymous_names

_LINE = re.compile(r"^([+-]) (SubClassOf|EquivalentClasses)\((.*)\)$")
_NAME = re.compile(r"<([^>]*)>")


def changed(robot: Robot, one: Compared, other: Compared, folder: Path) -> dict[Pair, str]:
    """The neighbours that ``robot diff`` tells of what ROBOT inferred from two versions, each with its sign."""
    output = folder / "diff.txt"
    robot.run("diff", "--left", one.output, "--right", other.output, "--output", output)
    return {pair: sign for sign, pair in _net(output.read_text(encoding="utf-8").splitlines())}


def difference(theirs: dict[Pair, str], one: Compared, other: Compared) -> Outcome:
    """ROBOT's difference, and the difference of kgtwin's two taxonomies."""
    ours = dict.fromkeys(one.ours - other.ours, "-") | dict.fromkeys(other.ours - one.ours, "+")
    differ = {pair for pair in ours.keys() | theirs.keys() if ours.get(pair) != theirs.get(pair)}
    known = {pair: why for pair, why in (one.known | other.known).items() if pair in differ}
    left = differ - known.keys()
    return Outcome(
        "difference after reasoning",
        len(ours.keys() & theirs.keys() - differ),
        [f"{ours[pair]} {' '.join(pair)}" for pair in sorted(left & ours.keys())],
        [f"{theirs[pair]} {' '.join(pair)}" for pair in sorted(left & theirs.keys())],
        reasons(known),
    )


def _net(lines: Iterable[str]) -> Iterator[tuple[str, Pair]]:
    """The pairs of ROBOT's lines about named classes; what is taken away and put back is left out.

    >>> lines = ["+ SubClassOf(<x:A>[A] <x:B>)", "- EquivalentClasses(<x:C> <x:D> )", "- SubClassOf(<x:E> owl:Thing)"]
    >>> list(_net(lines))
    [('+', ('x:A', 'x:B')), ('-', ('x:C', 'x:D'))]
    """
    found: dict[str, set[Pair]] = {"+": set(), "-": set()}
    for match in filter(None, map(_LINE.match, lines)):
        found[match[1]].update(_pairs(match[2], _NAME.findall(match[3])))
    for sign, other in ("+-", "-+"):
        yield from ((sign, pair) for pair in sorted(found[sign] - found[other]))


def _pairs(kind: str, names: Sequence[str]) -> Iterable[Pair]:
    """The pairs that an axiom tells; none where ``owl:Thing``, which is no name here, stands in it."""
    return combinations(sorted(names) if kind == "EquivalentClasses" else names, 2)


# what kgtwin ontology diff tells


def told(theirs: dict[Pair, str], one: Compared, other: Compared) -> Outcome:
    """``kgtwin ontology diff`` leaves out neighbours that followed on the other side already; so do ROBOT's lines here.

    Classes that have equivalents stand for these in kgtwin's answer, and are left out on both sides.
    """
    sides = {"+": (other, _above(one)), "-": (one, _above(other))}
    changes = inferred(_reasoned(one), _reasoned(other))
    subsumptions = (change for change in changes if change.conclusion is Conclusion.SUBSUMPTION)
    ours = {("+" if change.gained else "-", (change.sub, change.sup)) for change in subsumptions}
    new = {(sign, pair) for pair, sign in theirs.items() if not _reaches(sides[sign][1], *pair)}
    same, left = ours & new, {item for item in ours ^ new if _lone(item[1], sides[item[0]][0])}
    known = {pair: why for _, pair in left if (why := (one.known | other.known).get(pair))}
    left = {item for item in left if item[1] not in known}
    texts = ([f"{sign} {' '.join(pair)}" for sign, pair in sorted(left & found)] for found in (ours, new))
    return Outcome("kgtwin ontology diff", len(same), next(texts), next(texts), reasons(known))


def _reasoned(compared: Compared) -> Reasoned:
    root, ontology = compared.version.root, compared.version.project.ontology
    return Reasoned(Version(Side(root.name, root, root.parent), ontology, anonymous_names(ontology)))


def _lone(pair: Pair, compared: Compared) -> bool:
    return not any(compared.version.known.equivalents(iri) for iri in pair)


def _above(compared: Compared) -> dict[str, set[str]]:
    """ROBOT's neighbours of a version."""
    found: dict[str, set[str]] = {}
    for sub, sup in compared.theirs:
        found.setdefault(sub, set()).add(sup)
        if (sub, sup) in compared.version.equal:
            found.setdefault(sup, set()).add(sub)
    return found


def _reaches(above: dict[str, set[str]], sub: str, sup: str) -> bool:
    seen, todo = {sub}, [sub]
    while todo:
        more = above.get(todo.pop(), set()) - seen
        seen |= more
        todo += more
    return sup in seen
