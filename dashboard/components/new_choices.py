"""What is chosen in the form of a new run by looking at cards: preset, goal, models, strategies."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard.components.basics import fold, sentence
from dashboard.components.fields import choice, entry, fault_place
from dashboard.components.picks import pick, picks
from dashboard.form import Values
from dashboard.form_fields import OBJECTIVES
from dashboard.presets import GOALS, PRESETS, USUAL
from dashboard.wording import duration
from tunescope.models import MODELS
from tunescope.search import STRATEGIES

COST = "new-cost"
_GOAL_ICONS = {"accuracy": "trophy", "latency": "clock", "size": "store"}


def presets(chosen: str) -> html.Div:
    """A card a preset: what it is for, what it sets, and below what it will take."""
    return picks(
        "Preset",
        [
            pick(
                f"preset:{name}",
                one.title,
                [html.Span(one.line), html.Span(_contents(one.values()), className="pick-sets")],
                one.icon,
                name == chosen,
            )
            for name, one in PRESETS.items()
        ],
        "picks-presets",
    )


def _contents(values: Values) -> str:
    """What a preset sets, in a line."""
    models, strategies = values["search.models"], values["search.strategies"]
    return f"{listed(models)}; {listed(strategies)}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Names in a line, the first few of many."""
    shown = [name.replace("_", " ") for name in names[:most]]
    return ", ".join([*shown, *([f"{len(names) - most} more"] if len(names) > most else [])])


def chosen_preset(origin: Mapping[str, str]) -> str:
    """The preset of an origin; none where the form began with an earlier run alone."""
    return origin.get("preset") or ("" if origin.get("from") else USUAL)


def goal(values: Values) -> html.Div:
    """What is wanted, in plain words, and all objectives for those who want another."""
    cards = [
        pick(f"goal:{name}", title, line, _GOAL_ICONS[name], goal_of(values) == name)
        for name, (_, title, line) in GOALS.items()
    ]
    others = html.Div(
        [
            entry("new", OBJECTIVES, values[OBJECTIVES.key], has_fault=False),
            html.P(
                "Several are weighed against each other: the result is a Pareto front, the models that no "
                "other one beats in all of them.",
                className="card-note",
            ),
        ],
        className="fold-parts",
    )
    return html.Div(
        [
            picks("Goal", cards, "picks-goals"),
            fault_place("new", OBJECTIVES),
            fold("Other objectives", others),
        ],
        className="field",
    )


def goal_of(values: Values) -> str:
    """The goal that the objectives are, or none."""
    found = (name for name, (objectives, _, _) in GOALS.items() if objectives == values.get(OBJECTIVES.key))
    return next(found, "")


def model_cards() -> list[dict[str, Any]]:
    """Options of the models: name, kind, what each is good for, and a place for what a trial takes."""
    return [
        choice(
            name,
            [
                html.Span([html.Strong(name.replace("_", " ")), html.Span(one.kind, className="chip")]),
                html.Span(one.line),
                html.Span(f"Good for: {_lower(one.suits)}.", className="choice-suits"),
                html.Span(id={"type": COST, "key": name}, className="choice-cost"),
            ],
        )
        for name, one in MODELS.items()
    ]


def cost(seconds: float | None) -> str:
    """What a trial of a model typically takes, where that was measured."""
    return f"About {duration(seconds)} a trial" if seconds else ""


def strategy_rows() -> list[dict[str, Any]]:
    """Options of the strategies, a row each: name, how it proposes, what it is good for, objectives."""
    return [
        choice(
            name,
            [
                html.Strong(name),
                html.Span(sentence(one.line)),
                html.Span(one.suits, className="choice-suits"),
                html.Span("several objectives" if one.multi_objective else "one objective", className="chip"),
            ],
        )
        for name, one in STRATEGIES.items()
    ]


def _lower(text: str) -> str:
    """A phrase within a sentence; an abbreviation keeps its capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
