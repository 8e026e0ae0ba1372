"""``simulate`` and ``alternatives``: what would follow. Nothing is stored.

Exit codes: 0 done, 1 some change was refused or a model was not run, 2 usage, 3 failure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli.options import (
    AsOfOption,
    AtOption,
    JsonOption,
    OntologyOption,
    StoreOption,
    moment,
    print_json,
    run,
    settings,
)
from kgtwin.errors import KgtwinError, UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from kgtwin.config import Settings
    from kgtwin.model.simulation import Change
    from kgtwin.service import Service

PatientArgument = Annotated[str, typer.Argument(help="A patient's key (source|id), or its id in source local.")]
Several = list[str] | None


def _several(name: str, metavar: str, text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, metavar=metavar, help=text)
    return option


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(simulate)
    app.command()(alternatives)


def simulate(
    patient: PatientArgument,
    stop: Annotated[Several, _several("--stop", "X", "Stop every medicine that is or holds X (repeatable).")] = None,
    change: Annotated[Several, _several("--change", "X->Y", "Stop X and start Y.")] = None,
    start: Annotated[Several, _several("--start", "X", "Start an ingredient or product.")] = None,
    route: Annotated[str | None, typer.Option("--route", help="The route of what is started or changed to.")] = None,
    set_: Annotated[Several, _several("--set", "X=NUMBER UNIT", "A result, as in potassium=5.9 mmol/L.")] = None,
    weight: Annotated[str | None, typer.Option("--weight", metavar="NUMBER UNIT", help="The body weight.")] = None,
    add_condition: Annotated[Several, _several("--add-condition", "X", "A new, confirmed condition.")] = None,
    resolve: Annotated[Several, _several("--resolve", "X", "Conditions that are X have ended.")] = None,
    add_allergy: Annotated[Several, _several("--add-allergy", "X", "A new, confirmed allergy.")] = None,
    behaviour: Annotated[Several, _several("--behaviour", "X", "A habit; with ! before it, that it is not so.")] = None,
    suppose: Annotated[
        Several, _several("--suppose", "MODEL@TIME", "A model's median comes true; MODEL:low, MODEL:high for the ends.")
    ] = None,
    changes: Annotated[
        Path | None, typer.Option("--changes", metavar="FILE", help="Changes as a JSON list, in their order.")
    ] = None,
    after: Annotated[
        Several, _several("--after", "TIME", "Look again then: a date, or a time from then, P30D.")
    ] = None,
    scores: Annotated[bool, typer.Option("--scores", help="Say how published scores move.")] = False,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="Run a published model instead.")] = None,
    given: Annotated[Several, _several("--given", "NAME=NUMBER", "What the model is given.")] = None,
    span: Annotated[str | None, typer.Option("--for", metavar="DURATION", help="How far the model runs.")] = None,
    step: Annotated[str | None, typer.Option("--every", metavar="DURATION", help="In which steps.")] = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say what issues would appear and vanish for a patient, were something changed; or run a model forward.

    Any change may end in @TIME, a date or a duration after the evaluation time (--stop "warfarin@P5D"). Changes of one
    moment are made in the order of the options above. Nothing is stored.
    """
    asked = _Asked(route)
    wanted: list[Change] = [
        *asked.each(stop, asked.stop),
        *asked.each(change, asked.change),
        *asked.each(start, asked.start),
        *asked.each(set_, asked.result),
        *asked.each([weight] if weight else None, asked.weight),
        *asked.each(add_condition, asked.condition),
        *asked.each(resolve, asked.resolve),
        *asked.each(add_allergy, asked.allergy),
        *asked.each(behaviour, asked.behaviour),
        *asked.each(suppose, asked.projection),
        *(_read(changes) if changes else ()),
    ]
    chosen = settings(store, ontology)
    if model is not None:
        if wanted or after:
            raise UsageError("--model and changes together", expected="one of the two")
        times = _duration("--for", span), _duration("--every", step)
        return _project(chosen, patient, model, _numbers(given), times, at, as_of, as_json)
    if given or span or step:
        raise UsageError("--given, --for and --every are a model's", remedy="name one with --model")
    return _simulate(chosen, patient, wanted, after or [], scores, at, as_of, as_json)


def alternatives(
    patient: PatientArgument,
    class_: Annotated[str, typer.Argument(metavar="CLASS", help="A class of medicines: its label, name or code.")],
    instead_of: Annotated[
        str | None, typer.Option("--instead-of", metavar="X", help="Stop every medicine that is or holds X first.")
    ] = None,
    route: Annotated[str | None, typer.Option("--route", help="The route of what is started.")] = None,
    products: Annotated[bool, typer.Option("--products", help="The known products, too.")] = False,
    whole: Annotated[
        int | None, typer.Option("--whole", min=0, help="How many of the first ones are inferred whole.")
    ] = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Start every medicine of a class in turn, and rank them by what is known against each, and how much is known.

    That no issue is known of one is no proof that there is none: the table says how much could have been known.
    """
    from kgtwin.cli.alternatives import alternatives_text, alternatives_to_dict  # noqa: PLC0415
    from kgtwin.model.alternative import MOST_WHOLE  # noqa: PLC0415

    refused = 0

    async def use(service: Service) -> None:
        nonlocal refused
        found = await service.alternatives(
            patient,
            class_,
            instead_of=instead_of,
            route=route,
            products=products,
            whole=MOST_WHOLE if whole is None else whole,
            at=moment(at),
            as_of=await service.resolve(as_of),
        )
        refused = len(found.refused)
        if as_json:
            print_json(alternatives_to_dict(found))
        else:
            typer.echo(alternatives_text(found))

    run(use, settings(store, ontology), read_only=True)
    return int(refused > 0)


def _simulate(
    chosen: Settings,
    patient: str,
    wanted: Sequence[Change],
    after: Sequence[str],
    scores: bool,
    at: str | None,
    as_of: str | None,
    as_json: bool,
) -> int:
    from kgtwin.cli import simulations  # noqa: PLC0415

    refused = 0

    async def use(service: Service) -> None:
        nonlocal refused
        revision = await service.resolve(as_of)
        outcome = await service.simulate(patient, wanted, after=after, scores=scores, at=moment(at), as_of=revision)
        refused = len(outcome.refused)
        if as_json:
            print_json(simulations.outcome_to_dict(outcome))
        else:
            typer.echo(simulations.outcome_text(outcome))

    run(use, chosen, read_only=True)
    return int(refused > 0)


def _project(
    chosen: Settings,
    patient: str,
    model: str,
    given: dict[str, float],
    times: tuple[timedelta | None, timedelta | None],
    at: str | None,
    as_of: str | None,
    as_json: bool,
) -> int:
    from kgtwin.cli import simulations  # noqa: PLC0415

    ran = True

    async def use(service: Service) -> None:
        nonlocal ran
        revision = await service.resolve(as_of)
        found = await service.project(
            patient, model, given=given, span=times[0], step=times[1], at=moment(at), as_of=revision
        )
        ran = bool(found.points)
        if as_json:
            print_json(simulations.simulation_to_dict(found))
        else:
            typer.echo(simulations.simulation_text(found))

    run(use, chosen, read_only=True)
    return int(not ran)


class _Asked:
    """Changes as the options write them."""

    def __init__(self, route: str | None) -> None:
        from kgtwin.model import simulation  # noqa: PLC0415 - importing it costs more than `--help` may

        self._model, self._route = simulation, route

    def each(self, texts: Several, read: Callable[[str, str | None], Change]) -> list[Change]:
        """A change for each text, its time parted off."""
        return [read(*_timed(text)) for text in texts or ()]

    def stop(self, text: str, when: str | None) -> Change:
        return self._model.StopMedicine(text, when=when)

    def start(self, text: str, when: str | None) -> Change:
        return self._model.StartMedicine(text, route=self._route, when=when)

    def change(self, text: str, when: str | None) -> Change:
        old, arrow, new = text.partition("->")
        if not arrow or not old.strip() or not new.strip():
            raise UsageError(f"--change {text!r}", expected="X->Y")
        return self._model.ChangeMedicine(old.strip(), new.strip(), route=self._route, when=when)

    def result(self, text: str, when: str | None) -> Change:
        name, equals, rest = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set {text!r}", expected="NAME=NUMBER UNIT, as in potassium=5.9 mmol/L")
        comparator, number, unit = _quantity("--set", rest)
        from decimal import Decimal  # noqa: PLC0415

        return self._model.SetResult(name.strip(), Decimal(number), unit, comparator, when=when)

    def weight(self, text: str, when: str | None) -> Change:
        from decimal import Decimal  # noqa: PLC0415

        comparator, number, unit = _quantity("--weight", text)
        if comparator is not None:
            raise UsageError(f"--weight {text!r}", expected="NUMBER UNIT, as in 80 kg")
        return self._model.SetWeight(Decimal(number), unit or "kg", when=when)

    def condition(self, text: str, when: str | None) -> Change:
        return self._model.AddCondition(text, when=when)

    def resolve(self, text: str, when: str | None) -> Change:
        return self._model.ResolveCondition(text, when=when)

    def allergy(self, text: str, when: str | None) -> Change:
        return self._model.AddAllergy(text, when=when)

    def behaviour(self, text: str, when: str | None) -> Change:
        return self._model.SetBehaviour(text.removeprefix("!"), present=not text.startswith("!"), when=when)

    def projection(self, text: str, when: str | None) -> Change:
        model, _, bound = text.partition(":")
        return self._model.SupposeProjection(model.strip(), bound.strip() or "median", when=when)


def _timed(text: str) -> tuple[str, str | None]:
    """A change and its time: what follows the last @, where that is one."""
    what, sign, when = text.rpartition("@")
    if not sign or not (when[:1] == "P" or when[:4].isdecimal()):
        return text.strip(), None
    return what.strip(), when.strip()


def _quantity(option: str, text: str) -> tuple[str | None, str, str | None]:
    """Comparator, number and unit."""
    rest = text.strip()
    comparator = next((one for one in ("<=", ">=", "<", ">") if rest.startswith(one)), None)
    number, _, unit = rest.removeprefix(comparator or "").strip().partition(" ")
    plain = number.removeprefix("-").replace(".", "", 1)
    if not (plain.isascii() and plain.isdecimal() and len(number) <= 30):
        raise UsageError(f"{option} {text!r}", expected="NUMBER UNIT, as in 5.9 mmol/L")
    return comparator, number, unit.strip() or None


def _numbers(given: Several) -> dict[str, float]:
    found = {}
    for text in given or ():
        name, equals, number = text.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals or not name.strip():
            raise UsageError(f"--given {text!r}", expected="NAME=NUMBER")
    return found


def _duration(option: str, text: str | None) -> timedelta | None:
    from kgtwin.model.time import duration  # noqa: PLC0415

    try:
        return None if text is None else duration(text)
    except KgtwinError as error:
        raise UsageError(f"{option}: {error.message}", expected=error.expected) from None


def _read(path: Path) -> list[Change]:
    """Changes from a file: a JSON list of objects, each with ``change`` and that change's fields."""
    import msgspec  # noqa: PLC0415

    from kgtwin.model.simulation import Change  # noqa: PLC0415

    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Change])
    except (OSError, msgspec.MsgspecError) as error:
        expected = 'a list such as [{"change": "start-medicine", "medicine": "lisinopril"}]'
        raise UsageError(f"cannot read the changes: {error}", where=str(path), expected=expected) from None
