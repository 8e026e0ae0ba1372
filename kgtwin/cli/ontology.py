"""``ontology``: classify, realise, explain."""

from __future__ import annotations

import heapq
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from kgtwin.cli.options import JsonOption, note, print_json
from kgtwin.errors import InconsistentOntologyError, UsageError
from kgtwin.vocabulary import OWL, PREFIXES

if TYPE_CHECKING:
    from kgtwin.classifying import Classified, Progress
    from kgtwin.model.caveat import Caveat
    from kgtwin.model.proof import Justifications
    from kgtwin.reasoning import Classification

ontology_app = typer.Typer(help="Work on ontologies.", no_args_is_help=True, rich_markup_mode=None)
_SHOWN = 20
_SETS = 10
"""So many justifications are shown where no number is asked for."""
_NAMED = 50
"""So many classes that a caveat can touch are named."""

OntologyArgument = Annotated[
    Path, typer.Argument(metavar="IN", help="Functional syntax, RDF/XML, OWL/XML, Turtle, OBO or a SNOMED CT release.")
]
CacheOption = Annotated[bool, typer.Option("--cache/--no-cache", help="Keep the classification for the next time.")]
MemoryOption = Annotated[
    int | None, typer.Option("--memory", metavar="MIB", min=16, help="What the reasoner may use (default: most of it).")
]


@ontology_app.command()
def classify(
    ontology: OntologyArgument,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="Write the taxonomy here.")
    ] = None,
    stats: Annotated[bool, typer.Option("--stats", help="Say what was read and how long each step took.")] = False,
    cache: CacheOption = True,
    memory: MemoryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Classify an ontology and write its direct subsumptions and equivalences in functional syntax."""
    from kgtwin.classifying import taxonomy_file  # noqa: PLC0415 - heavy
    from kgtwin.files import save  # noqa: PLC0415

    found = _classified(ontology, cache, memory)
    classification = found.classification
    if not as_json:
        _note_caveats(found)
        for iri in sorted(classification.unsatisfiable):
            note(f"unsatisfiable: {iri}")
    if output is not None:
        save(taxonomy_file(classification), output)
    if as_json:
        print_json(_summary(found, output))
    elif output is None:
        for piece in taxonomy_file(classification):
            sys.stdout.buffer.write(piece)
    else:
        note(f"{classification.size} classes, {len(classification.unsatisfiable)} unsatisfiable, written to {output}")
    if stats and not as_json:
        note(_statistics(found))
    return 1 if classification.unsatisfiable else 0


@ontology_app.command()
def realise(
    ontology: OntologyArgument,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="OUT", help="Write the types here.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All types, not the most specific ones only.")] = False,
    cache: CacheOption = True,
    memory: MemoryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Find the types of the individuals that an ontology asserts something about, as class assertions."""
    from kgtwin.files import save  # noqa: PLC0415

    found = _classified(ontology, cache, memory)
    realisation = found.classification.realise(())
    of = realisation.types if every else realisation.direct_types
    types = {iri: sorted(of(iri)) for iri in realisation.individuals}
    caveats = (*found.source.caveats, *dict.fromkeys(one for who in types for one in realisation.caveats_of(who)))
    if as_json:
        told = [msgspec.to_builtins(caveat) for caveat in caveats]
        print_json({"ontology": found.source.iri, "individuals": types, "caveats": told})
        return 0
    _note(map(_said, caveats), len(caveats))
    lines = (f"ClassAssertion(<{cls}> {_individual(iri)})\n".encode() for iri, own in types.items() for cls in own)
    if output is not None:
        save(lines, output)
        note(f"{len(types)} individuals, written to {output}")
    else:
        for line in lines:
            sys.stdout.buffer.write(line)
    return 0


@ontology_app.command()
def explain(
    ontology: OntologyArgument,
    sub: Annotated[
        str | None, typer.Argument(metavar="SUB", help="The IRI (or CURIE) of a class or an individual.")
    ] = None,
    sup: Annotated[
        str | None, typer.Argument(metavar="SUP", help="The IRI (or CURIE) of a class that may be above it.")
    ] = None,
    justifications: Annotated[
        int | None,
        typer.Option("--justifications", metavar="N", min=1, help="Up to N minimal sets of axioms that suffice."),
    ] = None,
    manchester: Annotated[
        bool, typer.Option("--manchester", help="The justifications in Manchester syntax, by labels, with places.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The same in Markdown, for a pull request.")] = False,
    cache: CacheOption = True,
    memory: MemoryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Prove that one class is below another (owl:Nothing: that it can have no instance), or why an individual is in a
    class. Without SUB and SUP: why classes are unsatisfiable, those first on which others depend; or why the ontology
    is inconsistent.
    """
    from kgtwin.cli.explaining import question  # noqa: PLC0415 - heavy

    if sub is None or sup is None:
        if sub is not None:
            raise UsageError("SUP is missing", expected="both SUB and SUP, or neither")
        return _explain_all(ontology, justifications, cache, memory, as_json)
    found = _classified(ontology, cache, memory)
    asked = question(found.classification, _iri(sub), _iri(sup))
    proof = asked.proof()
    if manchester or markdown:
        justifications = justifications or _SETS
    sets = None if proof is None or justifications is None else asked.justifications(justifications)
    caveats = () if proof is not None else (*found.source.caveats, *asked.caveats())
    if as_json:
        told = {"ontology": found.source.iri, **asked.as_dict(proof, sets)}
        print_json({**told, "caveats": [msgspec.to_builtins(caveat) for caveat in caveats]})
    elif proof is None:
        said = "is not known to follow" if caveats else "does not follow"
        note(f"it {said} that <{asked.sub}> is below <{asked.sup}>")
        _note(map(_said, caveats), len(caveats))
    elif sets is not None and (manchester or markdown):
        typer.echo(_for_people(ontology, asked.sub, asked.sup, sets, markdown))
    else:
        typer.echo(asked.as_text(proof, sets))
    return 0 if proof is not None else 1


def _for_people(path: Path, sub: str, sup: str, sets: Justifications, markdown: bool) -> str:
    from kgtwin.cli.explanations import Explanations  # noqa: PLC0415 - heavy
    from kgtwin.ontology.loader import load  # noqa: PLC0415

    found = Explanations(load(path))
    return found.markdown(sub, sup, sets) if markdown else found.text(sub, sup, sets)


def _explain_all(path: Path, limit: int | None, cache: bool, memory: int | None, as_json: bool) -> int:
    """What is wrong with an ontology, and why; 1 where something is."""
    from kgtwin.cli.explaining import Wrong  # noqa: PLC0415 - heavy

    try:
        found = _classified(path, cache, memory)
    except InconsistentOntologyError:
        wrong = Wrong.inconsistent(path, limit)
    else:
        wrong = Wrong.of(found, limit)
        if not as_json:
            _note_caveats(found)
    if as_json:
        print_json(wrong.as_dict())
    else:
        typer.echo(wrong.as_text())
    return int(wrong.is_any)


def _iri(name: str) -> str:
    """An IRI as it is, a CURIE written out."""
    prefix, _, local = name.partition(":")
    if local.startswith("//") or prefix not in (known := {**PREFIXES, "owl": OWL}):
        return name.strip("<>")
    return known[prefix] + local


def _individual(iri: str) -> str:
    return iri if iri.startswith("_:") else f"<{iri}>"


# how


def _classified(path: Path, cache: bool, memory: int | None) -> Classified:
    from kgtwin.classifying import classified  # noqa: PLC0415 - heavy

    if memory is not None:
        os.environ["KGTWIN_REASONER_MEMORY"] = str(memory)
    with _progress() as progress:
        return classified(path, keep=cache, progress=progress)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A line on the terminal that says what is being done; nothing where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return

    def show(what: str, done: int, total: int) -> None:
        sys.stderr.write(f"\r\x1b[K{what} {100 * done // max(total, 1)} %")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _note_caveats(found: Classified) -> None:
    read, classification = found.source.caveats, found.classification
    said = (f"{_said(one)} ({_touches(len(classification.touched(one)))})" for one in classification.caveats)
    _note(chain(map(_said, read), said), len(read) + len(classification.caveats))


def _note(lines: Iterable[str], count: int) -> None:
    """The first of some lines."""
    for line in islice(lines, _SHOWN):
        note(line)
    if count > _SHOWN:
        note(f"… and {count - _SHOWN} caveats more; --json has them all")


def _said(caveat: Caveat) -> str:
    return f"{caveat.code.value}: {caveat.text}"


def _touches(count: int) -> str:
    return "touches no class" if not count else f"touches {count} class{'' if count == 1 else 'es'}"


def _reaching(classification: Classification, caveat: Caveat) -> dict[str, Any]:
    """A caveat with the classes whose answers it can touch: how many, and the names of some."""
    touched = classification.touched(caveat)
    reach = {"count": len(touched), "some": heapq.nsmallest(_NAMED, touched)}
    return {**msgspec.to_builtins(caveat), "classes": reach}


def _summary(found: Classified, output: Path | None) -> dict[str, Any]:
    source, classification = found.source, found.classification
    return {
        "ontology": source.iri,
        "digest": source.digest,
        "axioms": source.axioms,
        "classes": classification.size,
        "unsatisfiable": sorted(classification.unsatisfiable),
        "caveats": [
            *(msgspec.to_builtins(caveat) for caveat in source.caveats),
            *(_reaching(classification, caveat) for caveat in classification.caveats),
        ],
        "output": str(output) if output else None,
        "kept": found.kept,
        "seconds": {step: round(seconds, 3) for step, seconds in found.seconds.items()},
        **classification.statistics,
    }


def _statistics(found: Classified) -> str:
    steps = ", ".join(f"{step} {seconds:.2f} s" for step, seconds in found.seconds.items())
    counts = ", ".join(f"{count} {name}" for name, count in found.classification.statistics.items())
    return f"{found.source.axioms} axioms of {len(found.source.files)} files, {counts}; {steps}"
