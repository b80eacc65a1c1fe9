"""Every chart is drawn from whatever a run may hold, and never trusts a name."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState

from tunescope.analysis.measures import measure_for
from tunescope.figures import CHARTS, Chart
from tunescope.store import frames, open_store

Frames = dict[str, pd.DataFrame]
MOST_BYTES, MANY_STUDIES = 1_000_000, 300
MARKUP = "<script>alert(1)</script><b>bold</b>%{x}"


def _read(store: Any, run_id: str | None = None) -> Frames:
    return {
        "trials": frames.trials_frame(store, run_id),
        "studies": frames.studies_frame(store, run_id),
        "epochs": frames.epochs_frame(store, run_id),
        "timings": frames.timings_frame(store, run_id),
    }


@pytest.fixture(scope="module")
def full(sample_store) -> Frames:
    return _read(sample_store.store, sample_store.run_id)


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Frames:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('empty')}/trials.db")
    read = _read(store)
    store.close()
    return read


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Iterator[Frames]:
    """Studies that know nothing of Tunescope: of one direction and of several, with trials in every state."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('plain')}/trials.db")
    optuna.create_study(study_name="empty", storage=store.storage)
    for study_name, directions in (("one", ["minimize"]), ("two", ["minimize", "maximize"])):
        study = optuna.create_study(study_name=study_name, storage=store.storage, directions=directions)
        for number in range(20):
            trial = study.ask({"x": FloatDistribution(0, 1), "kind": CategoricalDistribution(["a", "b"])})
            states = {3: TrialState.FAIL, 4: TrialState.RUNNING}
            if study_name == "one":
                trial.report(trial.params["x"], 1)
                states[5] = TrialState.PRUNED
            state = states.get(number, TrialState.COMPLETE)
            if state is not TrialState.RUNNING:
                values = [trial.params["x"]] * len(directions) if state is TrialState.COMPLETE else None
                study.tell(trial, values, state)
    yield _read(store)
    store.close()


@pytest.fixture(scope="module")
def many(plain: Frames) -> Frames:
    """Plain trials a thousand times over, no two alike, in some hundred studies."""
    trials = pd.concat([plain["trials"]] * 1_000, ignore_index=True)
    numbers = pd.Series(range(len(trials)))
    values = (numbers * 0.61803) % 1
    params = [{"x": value, "kind": "ab"[value > 0.5], "depth": round(9 * value)} for value in values]
    grown = {"trial_id": numbers + 1, "number": numbers, "value": values}
    names = [f"study {number % MANY_STUDIES}" for number in numbers]
    trials = trials.assign(**grown, params=pd.Series(params, dtype=object), study=names)
    row = plain["studies"][plain["studies"]["study"] == "one"]
    studies = pd.concat([row] * MANY_STUDIES, ignore_index=True)
    studies = studies.assign(study=[f"study {number}" for number in range(MANY_STUDIES)])
    return {**plain, "trials": trials, "studies": studies}


def _kept(found: Frames, keep: Callable[[pd.DataFrame], Any]) -> Frames:
    """The frames with some trials only."""
    trials = found["trials"][keep(found["trials"])]
    of_trials = {
        name: found[name][found[name]["trial_id"].isin(trials["trial_id"])] for name in ("epochs", "timings")
    }
    return {"trials": trials, "studies": found["studies"], **of_trials}


def _texts(value: Any) -> list[str]:
    """Every text in a figure but those that are not shown: its template, and what joins its traces."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [
            text
            for key, one in value.items()
            if key not in ("template", "legendgroup", "meta")
            for text in _texts(one)
        ]
    return [text for one in value for text in _texts(one)] if isinstance(value, list) else []


def _drawn(chart: Chart, found: Frames, dark: bool = False) -> dict[str, Any]:
    figure: dict[str, Any] = json.loads(chart.figure(found, dark).to_json())
    return figure


def _is_sentence(figure: dict[str, Any]) -> bool:
    return not figure["data"] and len(figure["layout"]["annotations"]) == 1


def test_the_registry_imports_no_plotly() -> None:
    code = "import sys; from tunescope.figures import CHARTS; sys.exit('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


@pytest.mark.parametrize("name", CHARTS)
class TestChart:
    """The contract of an entry of ``CHARTS``."""

    def test_it_says_what_it_is(self, name: str) -> None:
        chart = CHARTS[name]
        assert chart.name == name
        assert chart.title[0].isupper()
        assert not chart.title.endswith(".")
        assert chart.line.endswith(".")

    def test_it_draws_a_run(self, name: str, full: Frames) -> None:
        figure = _drawn(CHARTS[name], full)
        assert figure["data"]
        assert 150 <= figure["layout"]["height"] <= 1500

    def test_it_stands_on_any_page(self, name: str, full: Frames) -> None:
        light, dark = _drawn(CHARTS[name], full), _drawn(CHARTS[name], full, dark=True)
        for figure in (light, dark):
            assert figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
            assert figure["layout"]["plot_bgcolor"] == "rgba(0,0,0,0)"
        assert light["layout"]["font"]["color"] != dark["layout"]["font"]["color"]
        assert len(light["data"]) == len(dark["data"])

    def test_without_any_trial_it_is_a_sentence(self, name: str, empty: Frames) -> None:
        assert _is_sentence(_drawn(CHARTS[name], empty))

    def test_while_nothing_has_finished_it_is_a_sentence(self, name: str, full: Frames) -> None:
        assert _is_sentence(_drawn(CHARTS[name], _kept(full, lambda trials: trials["number"] < 0)))

    @pytest.mark.parametrize("model", ["svm", "cnn"])
    def test_it_draws_a_single_trial(self, name: str, model: str, full: Frames) -> None:
        of_model = [
            row.trial_id
            for row in full["trials"].itertuples()
            if row.params["model"] == model and row.state == "COMPLETE"
        ]
        _drawn(CHARTS[name], _kept(full, lambda trials: trials["trial_id"] == of_model[0]))

    def test_it_draws_trials_of_which_nothing_is_known(self, name: str, full: Frames) -> None:
        numbers = full["trials"].select_dtypes("float").columns
        unknown = full["trials"].assign(**dict.fromkeys(numbers, float("nan")))
        _drawn(CHARTS[name], {**full, "trials": unknown})

    def test_it_shows_names_as_text(self, name: str, full: Frames) -> None:
        marked = [
            {MARKUP: 1.0, **params, "model": MARKUP, f"{MARKUP}.C": float(index), f"{MARKUP}.kind": MARKUP}
            for index, params in enumerate(full["trials"]["params"])
        ]
        named = {
            key: frame.assign(
                **{column: MARKUP for column in ("study", "strategy", "phase") if column in frame}
            )
            for key, frame in full.items()
        }
        named["trials"] = named["trials"].assign(params=pd.Series(marked, index=named["trials"].index))
        texts = _texts(_drawn(CHARTS[name], named))
        assert not [text for text in texts if "<script" in text or "bold</b>" in text]
        # A template is plotly's own language, so no name may get into one.
        figure = CHARTS[name].figure(named)
        assert not [trace for trace in figure.data if "script" in str(trace.hovertemplate)]

    def test_it_draws_what_plain_optuna_keeps(self, name: str, plain: Frames) -> None:
        chart = CHARTS[name]
        measure = measure_for(plain["trials"], plain["studies"])
        drawn = json.loads(chart.figure(plain, measure=measure).to_json())
        assert drawn["data"] or _is_sentence(drawn)

    def test_however_many_trials_it_stays_small(self, name: str, many: Frames) -> None:
        measure = measure_for(many["trials"], many["studies"])
        assert len(CHARTS[name].figure(many, measure=measure).to_json()) < MOST_BYTES

    def test_it_draws_the_same_twice(self, name: str, full: Frames) -> None:
        assert _drawn(CHARTS[name], full) == _drawn(CHARTS[name], full)
