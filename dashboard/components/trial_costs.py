"""What a trial cost: where its time went, how it used its machine, which operators were dear."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import html

from dashboard.components.basics import attributes, card, facts
from dashboard.components.notices import blank
from dashboard.components.tables import Column, table
from dashboard.wording import NOTHING, count, duration, is_missing, memory, percent
from tunescope.analysis.costs import PHASES, WARM_UP, Speed, TrialPhases, known, speed, trial_phases
from tunescope.figures.wording import number, phase_name, quantity

_PHASES = (Column("Phase"), Column("Time", is_number=True), Column("Share", is_number=True))
_OPERATORS = (Column("Operator"), Column("Calls", is_number=True), *_PHASES[1:])
_UTILISATION = (
    "Utilisation is what a second of training computed, three forward passes an image, over what the same "
    "device, numbers and threads reach in one large matrix product."
)
_OPERATORS_NOTE = "Of twenty training steps, without what an operator calls. Listening slowed these steps."


def time_spent(row: Mapping[str, Any], timings: pd.DataFrame) -> Any:
    """Seconds and shares of a trial's phases, the dearest first and the warm-up apart."""
    found = trial_phases(row, timings)
    if not found.seconds:
        return _nothing(row, "No phase was timed.")
    dearest = sorted(found.phases, key=lambda pair: -pair[1])
    rows = [[_phase(name), duration(seconds), _bar(found.share(seconds))] for name, seconds in dearest]
    return html.Div([_warm_up(found), table("Seconds by phase", _PHASES, rows)])


def machine(row: Mapping[str, Any]) -> Any:
    """What a trial ran on and how much of that it used."""
    found = speed(row)
    pairs = [(name, value) for name, value in _pairs(row, found) if value not in ("", NOTHING)]
    if not pairs:
        return _nothing(row, "Nothing was measured.")
    line = None if found.utilisation is None else html.P(_UTILISATION, className="card-note")
    return html.Div([html.Div(facts(pairs), className="facts-wide"), line])


def operators(row: Mapping[str, Any]) -> Any:
    """A card with the operators that took most of the time; nothing where no profile was asked for."""
    if not isinstance(row["operators"], list) or not row["operators"]:
        return None
    rows = [
        [html.Code(one["name"]), count(one["calls"]), duration(one["seconds"]), _bar(one["share"])]
        for one in row["operators"]
    ]
    return card("Costliest operators", table("Seconds by operator", _OPERATORS, rows), note=_OPERATORS_NOTE)


def adaptations(notes: Sequence[str] | None) -> Any:
    """What was adapted for a trial, a sentence each."""
    if not isinstance(notes, list) or not notes:
        return None
    return html.Ul([html.Li(note) for note in notes], className="adaptations")


def _nothing(row: Mapping[str, Any], ended: str) -> Any:
    return blank("Known when the training has ended." if row["state"] == "RUNNING" else ended)


def _phase(name: str) -> list[Any]:
    what = PHASES.get(name)
    return [html.Span(phase_name(name)), html.Span(what, className="phase-what") if what else None]


def _warm_up(found: TrialPhases) -> Any:
    if not found.warm_up:
        return None
    text = f"Shares are those of the time after the warm-up of {duration(found.warm_up)}: {PHASES[WARM_UP]}."
    return html.P(text, className="card-note phases-note")


def _bar(share: float) -> html.Div:
    fill = html.Div(className="share-fill", style={"width": f"{100 * min(1.0, share):.1f}%"})
    bar = html.Div(fill, className="share-bar", **attributes(aria_hidden="true"))
    return html.Div([bar, html.Span(percent(share, 0))], className="share")


def _pairs(row: Mapping[str, Any], found: Speed) -> list[tuple[str, str]]:
    return [
        ("Device", _listed(row["device"], row["precision"])),
        ("Batch", _batch(row["batch_size"], row["micro_batch"])),
        ("Images a second", number(known(row["images_per_second"]), 3)),
        ("Memory of the process", memory(row["peak_memory_bytes"])),
        ("Memory of the GPU", memory(row["device_memory_bytes"])),
        ("Forward pass of an image", quantity(found.flops_per_image, "FLOP")),
        ("Traffic of an image", quantity(known(row["bytes_per_image"]), "B")),
        ("Training computed", quantity(found.flops_per_second, "FLOP/s")),
        ("Peak of the device", quantity(found.peak, "FLOP/s")),
        ("Bandwidth of the device", quantity(known(row["peak_bandwidth"]), "B/s")),
        ("Utilisation", percent(found.utilisation)),
        ("Energy of the GPU", quantity(known(row["energy_joules"]), "J")),
    ]


def _listed(*words: Any) -> str:
    return ", ".join(str(word) for word in words if not is_missing(word))


def _batch(size: float | None, piece: float | None) -> str:
    if is_missing(size):
        return NOTHING
    whole = count(int(size or 0), "image")
    return whole if is_missing(piece) or piece == size else f"{whole}, {int(piece or 0)} at a time"
