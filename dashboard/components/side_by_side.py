"""Two to six trials side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import links, reading
from dashboard.components.basics import card
from dashboard.components.charts import picture
from dashboard.components.notices import empty, notice
from dashboard.components.side_by_side_answers import answers_parts, not_compared, plain_trials
from dashboard.components.side_by_side_tables import Address, Compared, score_table, settings_tables
from dashboard.wording import count, is_missing, listing
from tunescope.analysis.side_by_side import Courses, courses, scores, settings
from tunescope.figures.side_by_side import draw_courses
from tunescope.store import Store, frames

FEWEST, MOST = 2, 6


def _address(trial_ids: Sequence[int]) -> str:
    return links.trials(view="compare", picked=",".join(map(str, trial_ids)))


def view(
    store: Store, trial_ids: Sequence[int], dark: bool = False, address: Address = _address
) -> Component:
    """Everything that two to six trials differ in; the first is the baseline.

    Args:
        store: where they are.
        trial_ids: their ids; repeated ones count once, unknown ones are told and passed over.
        dark: for dark pages.
        address: the address that shows trials side by side, by their ids.
    """
    asked = list(dict.fromkeys(map(int, trial_ids)))
    if not FEWEST <= len(asked) <= MOST:
        return _ask(len(asked))
    compared = _compared(store, asked)
    lost = [trial_id for trial_id in asked if trial_id not in compared.ids]
    if len(compared.rows) < FEWEST:
        return html.Div([_lost(lost), _ask(len(compared.rows))])
    return html.Div([_lost(lost), *_parts(store, compared, bool(dark), address)], className="compare")


def _compared(store: Store, trial_ids: Sequence[int]) -> Compared:
    trials = frames.trials_frame(store, trial_ids=trial_ids)
    known = reading.prepared(reading.settled(store, trials))
    rows = {int(row["trial_id"]): row for row in reading.records(known)}
    return Compared(tuple(rows[trial_id] for trial_id in trial_ids if trial_id in rows))


def _parts(store: Store, compared: Compared, dark: bool, address: Address) -> list[Any]:
    datasets = [_dataset(store, row) for row in compared.rows]
    prints = dict.fromkeys(None if one is None else str(one["fingerprint"]) for one in datasets)
    return [
        card("Scores", _scores(store, compared, len(prints) == 1, address), note=_fairness(len(prints) == 1)),
        card("Parameters that differ", settings_tables(compared, settings(_params(compared)))),
        *_curves(store, compared, dark),
        *_answers(store, compared, datasets, list(prints), dark),
    ]


def _params(compared: Compared) -> list[Mapping[str, Any]]:
    return [row["params"] for row in compared.rows]


def _dataset(store: Store, row: Mapping[str, Any]) -> dict[str, Any] | None:
    return None if is_missing(row["run_id"]) else frames.dataset(store, row["run_id"])


def _scores(store: Store, compared: Compared, same_images: bool, address: Address) -> html.Div:
    studies = frames.studies_frame(store)
    directions = dict(zip(studies["study"], studies["directions"], strict=True))
    asked = [directions.get(row["study"], []) for row in compared.rows]
    return score_table(compared, scores(pd.DataFrame(compared.rows), asked, same_images), address)


def _fairness(same_images: bool) -> str:
    if same_images:
        return "The best of each row is marked, where the trial was trained to its end."
    return "Measured on different images: no score of one can be held against that of another."


def _curves(store: Store, compared: Compared, dark: bool) -> list[Any]:
    """Learning curves, and what trials without any reported on their way."""
    epochs = frames.epochs_frame(store, trial_ids=compared.ids)
    learnt = courses(
        epochs, compared.ids, "validation_accuracy", "epoch", "Validation accuracy", is_share=True
    )
    others = [one for one in compared.ids if one not in set(epochs["trial_id"])]
    reported = courses(frames.reports_frame(store, others), compared.ids, "value", "step", "Reported value")
    parts = [("Learning curves", learnt), ("Reported values", reported)]
    shown = [_curve_card(title, one, compared, dark) for title, one in parts if one.courses]
    return shown or [_curve_card("Learning curves", learnt, compared, dark)]


def _curve_card(title: str, found: Courses, compared: Compared, dark: bool) -> html.Section:
    figure = picture(draw_courses(found, compared.names, dark), title)
    return card(title, figure, note="After each epoch." if found.is_share else None)


def _answers(
    store: Store,
    compared: Compared,
    datasets: Sequence[dict[str, Any] | None],
    prints: Sequence[str | None],
    dark: bool,
) -> list[Any]:
    if len(prints) > 1:
        names = {_called(one): None for one in datasets}
        return [not_compared(list(names))]
    dataset = datasets[0]
    return [plain_trials()] if dataset is None else answers_parts(store, compared, dataset, dark)


def _called(dataset: dict[str, Any] | None) -> str:
    return "no dataset" if dataset is None else f"`{dataset['name']}` {str(dataset['fingerprint'])[:8]}"


def _lost(trial_ids: Sequence[int]) -> Any:
    if not trial_ids:
        return None
    text = f"The store has no trial with the id {listing(trial_ids)} that was begun."
    return notice("warning", f"{count(len(trial_ids), 'trial')} not found", text)


def _ask(amount: int) -> html.Div:
    """What to do when there are too few or too many to stand beside each other."""
    picked = {0: "None is picked", 1: "One is picked"}.get(amount, f"{amount:,} are picked")
    text = f"{picked}: tick two to six trials in the table, and they stand here side by side."
    return empty("trials", "Pick two to six trials", text)
