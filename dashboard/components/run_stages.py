"""The stages of a run: what the steps of the pipeline are there for, with their durations and progress."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.components.basics import attributes, icon
from dashboard.components.notices import blank
from dashboard.reading import RESUMABLE, SEARCH, records, since, stage_name
from dashboard.run_view import RunView
from dashboard.wording import duration, is_missing
from tunescope.search.budget import Budget

_BEFORE = {
    "Prepare the images": ("inspect_images", "pack_images"),
    "Extract features": ("extract_", "map_features"),
    "Check the labels": ("suspect_labels",),
}
_AFTER = {
    "Measure the winner": ("choose_winner", "predict_test_split", "benchmark_winner"),
    "Write the report": ("summarize_run", "write_report"),
}

# What a mark says to those who cannot see it.
_WORDS = {"skipped": "not begun", "finished": "done", "paused": "paused", "waiting": "to come"}


@dataclass(frozen=True)
class _Stage:
    """Some steps of the latest launch; ``share`` is how much of a budget a search has used."""

    title: str
    steps: tuple[Mapping[str, Any], ...]
    share: float | None = None

    @property
    def is_open(self) -> bool:
        return any(is_missing(step["seconds"]) for step in self.steps)


def stages(view: RunView) -> Any:
    """What the latest launch has done, does and has still to do."""
    # One that is on its way has done nothing of what an earlier one has.
    latest = view.row["launches"] if view.state == "starting" else view.stages["launch"].max() - 1
    launch = view.stages[view.stages["launch"] > latest]
    if launch.empty and not view.is_live:
        return blank("No stage has begun.")
    found = list(_stages(view, records(launch)))
    last = max((index for index, one in enumerate(found) if one.steps), default=-1)
    return html.Ol([_line(view, one, index == last) for index, one in enumerate(found)], className="steps")


def _stages(view: RunView, steps: Sequence[Mapping[str, Any]]) -> Iterator[_Stage]:
    """Those that were begun, and those that a search always comes to."""
    left = [step for step in steps if not step["name"].endswith(SEARCH)]
    for title, prefixes in _BEFORE.items():
        if (own := _own(left, prefixes)) or title == "Prepare the images":
            yield _Stage(title, tuple(own))
    known = {prefix for group in (*_BEFORE.values(), *_AFTER.values()) for prefix in group}
    for step in left:
        if not step["name"].startswith(tuple(known)):
            yield _Stage(stage_name(step["name"]).capitalize(), (step,))
    if view.is_preparation:
        return
    yield from _searches(view, steps)
    for title, prefixes in _AFTER.items():
        yield _Stage(title, tuple(_own(left, prefixes)))


def _own(steps: Sequence[Mapping[str, Any]], prefixes: tuple[str, ...]) -> list[Mapping[str, Any]]:
    return [step for step in steps if step["name"].startswith(prefixes)]


def _searches(view: RunView, steps: Sequence[Mapping[str, Any]]) -> Iterator[_Stage]:
    """A stage for each strategy that was chosen; the others return at once."""
    begun = {step["name"].removesuffix(SEARCH): step for step in steps if step["name"].endswith(SEARCH)}
    search = view.parameters.search if view.parameters else None
    order = [name for name in begun if search is None or name in search.strategies]
    order += [name for name in (search.strategies if search else ()) if name not in begun]
    for name in order:
        own = (begun[name],) if name in begun else ()
        share = _share(view, name) if own and search else None
        yield _Stage(f"Search with {name}", own, share)


def _share(view: RunView, strategy: str) -> float | None:
    """How much of its budget a study has used: of trials or seconds, whichever is used more."""
    study = next((one for one in records(view.studies) if one["strategy"] == strategy), None)
    if study is None or view.parameters is None or view.tally is None:
        return None
    budget = Budget.share(view.parameters.search, strategy)
    ended = view.tally.by_study.get(str(study["study"]), 0)
    shares = [ended / budget.max_trials] if budget.max_trials else []
    shares += [float(study["seconds"] or 0.0) / budget.max_seconds] if budget.max_seconds else []
    return min(1.0, max(shares, default=0.0))


def _line(view: RunView, stage: _Stage, is_last: bool) -> html.Li:
    state = _state(view, stage, is_last)
    now = f", {stage_name(stage.steps[-1]['name'])}" if state == "running" and len(stage.steps) > 1 else ""
    words = _WORDS | {"running": f"at work{now}"}
    bar = stage.share if state in ("running", "paused") else None
    return html.Li(
        [
            html.Span(icon("waiting" if state == "skipped" else state), className=f"step-mark state-{state}"),
            html.Span(
                [html.Span(stage.title), _bar(bar) if bar is not None else None], className="step-name"
            ),
            html.Span(words.get(state, "not finished"), className="visually-hidden"),
            html.Span(_time(view, stage, state), className="step-time"),
        ],
        className=f"step step-{state}",
    )


def _state(view: RunView, stage: _Stage, is_last: bool) -> str:
    if not stage.steps:
        return "waiting" if view.is_live else "skipped"
    if view.is_live and is_last:
        return "paused" if view.state == "paused" and not view.running else "running"
    return (view.state if view.state in RESUMABLE else "failed") if stage.is_open else "finished"


def _time(view: RunView, stage: _Stage, state: str) -> str:
    if not stage.steps:
        return ""
    seconds = sum(0.0 if is_missing(step["seconds"]) else step["seconds"] for step in stage.steps)
    if not stage.is_open:
        return duration(seconds)
    begun = stage.steps[-1]["started"]
    if state == "running":
        return duration(round(seconds + since(begun)))
    # Nobody ended it: it lasted until the run was last heard of.
    return duration(seconds + max(0.0, (view.row["heartbeat"] - begun).total_seconds()))


def _bar(share: float) -> html.Span:
    fill = html.Span(className="step-fill", style={"width": f"{100 * share:.1f}%"})
    return html.Span(fill, className="step-bar", **attributes(aria_hidden="true"))
