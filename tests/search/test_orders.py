"""What people ask of a search while it runs, with real workers on real images."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from projects import draw_photos

from tunescope.datasets import inspect, pack
from tunescope.errors import RunError, SourceError
from tunescope.execution import Workbench, Workers
from tunescope.features import extract
from tunescope.parameters import (
    DatasetParameters,
    FeaturesParameters,
    LearningRateParameters,
    SearchParameters,
)
from tunescope.search.budget import MAX_SECONDS, MAX_TRIALS, TARGET, Budget, Progress
from tunescope.search.checks import build_space
from tunescope.search.listener import EndedTrial, Listener
from tunescope.search.loop import _UPKEEP_SECONDS, search_study
from tunescope.search.study import StudyPlan
from tunescope.store import Store, commands, frames, open_store, runs
from tunescope.store.schema import STOPPED_BY_COMMAND

FAST = SearchParameters(
    strategies=("random",), models=("gaussian_nb", "decision_tree"), max_trials=8, max_seconds=60, workers=1
)


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    root = tmp_path_factory.mktemp("orders")
    draw_photos(root / "photos")
    parameters = DatasetParameters(source=str(root / "photos"), image_size=16)
    dataset = pack(inspect(parameters.source, parameters), root / "packed")
    features = {"hog": extract(dataset, "hog", root / "features")}
    return Workbench(Path(dataset.folder), features, root / "features", threads=1)


@pytest.fixture(scope="module")
def workers(workbench: Workbench) -> Iterator[Workers]:
    with Workers(1, workbench) as workers:
        yield workers


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/trials.db")
    tree = {"search": FAST.model_dump(mode="json")}
    runs.claim(opened, "steered", tree, tmp_path / "run")
    yield opened
    opened.close()


class _Person(Listener):
    """Does something once, when so many trials have ended; notes what had ended when."""

    def __init__(self, after: int, act: Callable[[], object]) -> None:
        self.after, self.act = after, act
        self.ended: list[EndedTrial] = []
        self.seen: list[tuple[float, int, int]] = []

    def trial_ended(self, trial: EndedTrial) -> None:
        self.ended.append(trial)

    def progressed(self, progress: Progress, budget: Budget, running: int) -> None:
        self.seen.append((time.monotonic(), len(self.ended), running))
        if self.after is not None and len(self.ended) >= self.after:
            self.after = 10**9
            self.act()
            # These trials take milliseconds: without the pause the search could end before it looks.
            time.sleep(_UPKEEP_SECONDS)


def _plan(folder: Path, search: SearchParameters = FAST) -> StudyPlan:
    space = build_space(search, FeaturesParameters(extractors=("hog",)), LearningRateParameters())
    return StudyPlan("steered", "random", space, search, folder)


def _searched(
    run: Store, workers: Workers, folder: Path, act: Callable[[], object], search: SearchParameters = FAST
) -> tuple[dict[str, Any], _Person]:
    person = _Person(2, act)
    return search_study(run, _plan(folder, search), workers, person), person


def _answers(run: Store) -> list[str]:
    return list(frames.commands_frame(run, "steered")["outcome"])


def test_a_paused_search_begins_nothing_until_it_is_resumed(
    run: Store, workers: Workers, tmp_path: Path
) -> None:
    states: list[str] = []

    class Pausing(_Person):
        def progressed(self, progress: Progress, budget: Budget, running: int) -> None:
            super().progressed(progress, budget, running)
            if runs.get(run, "steered")["state"] == "paused":
                states.append("paused")
                if len(states) == 8:
                    commands.send(run, "steered", "resume")

    person = Pausing(2, lambda: commands.send(run, "steered", "pause"))
    summary = search_study(run, _plan(tmp_path), workers, person)
    assert summary["trials"] == 8
    assert len(states) >= 8
    assert _answers(run)[0].startswith("Paused")
    assert _answers(run)[1] == "Searching again."
    assert runs.get(run, "steered")["state"] == "running"


def test_an_enqueued_configuration_is_tried_as_it_was_given(
    run: Store, workers: Workers, tmp_path: Path
) -> None:
    wanted = {"model": "decision_tree", "decision_tree.max_depth": 3}
    _, person = _searched(
        run, workers, tmp_path, lambda: commands.send(run, "steered", "enqueue", {"configuration": wanted})
    )
    assert any(wanted.items() <= trial.configuration.items() for trial in person.ended)
    assert _answers(run) == ["Queued: it is tried as soon as a worker is free."]


@pytest.mark.parametrize(
    ("name", "argument", "answer"),
    [
        ("enqueue", {"configuration": {"model": "cnn"}}, "Not done: `model` is `cnn`"),
        ("enqueue", {"configuration": {}}, "Not done: the configuration is empty"),
        ("enqueue", {"configuration": {"model": "svm"}, "strategy": "tpe"}, "Not done: the study of `tpe`"),
        ("prune", {"study": "steered-random", "number": 0}, "Not done: trial 0 of `steered-random` is not"),
        ("budget", {"max_trials": 0}, "Not done: `search.max_trials` is 0, but must be at least 1"),
        ("workers", {"count": 0}, "Not done: `search.workers` is 0, but must be at least 1"),
    ],
)
def test_what_cannot_be_done_is_answered_with_the_reason(
    run: Store, workers: Workers, tmp_path: Path, name: Any, argument: dict[str, Any], answer: str
) -> None:
    _searched(run, workers, tmp_path, lambda: commands.send(run, "steered", name, argument))
    assert _answers(run)[0].startswith(answer), _answers(run)


def test_a_changed_budget_holds_at_once_and_is_kept_for_the_next_study(
    run: Store, workers: Workers, tmp_path: Path
) -> None:
    summary, _ = _searched(
        run, workers, tmp_path, lambda: commands.send(run, "steered", "budget", {"max_trials": 4})
    )
    assert summary["stopped_because"] == MAX_TRIALS
    assert summary["trials"] < 8
    assert runs.search_changes(run, "steered")["max_trials"] == 4


def test_more_workers_train_more_trials_at_a_time(run: Store, workbench: Workbench, tmp_path: Path) -> None:
    with Workers(1, workbench) as workers:
        search = FAST.model_copy(update={"max_trials": 12})
        _, person = _searched(
            run, workers, tmp_path, lambda: commands.send(run, "steered", "workers", {"count": 3}), search
        )
        assert workers.count == 3
    assert max(running for _, _, running in person.seen) > 1


def test_a_stopped_study_says_so_and_goes_on_when_its_run_is_launched_again(
    run: Store, workers: Workers, tmp_path: Path
) -> None:
    summary, _ = _searched(run, workers, tmp_path, lambda: commands.send(run, "steered", "stop"))
    assert summary["stopped_because"] == STOPPED_BY_COMMAND
    assert summary["trials"] < 8


def test_a_patient_stop_lets_the_trials_in_training_end(run: Store, workers: Workers, tmp_path: Path) -> None:
    class Patient(_Person):
        def progressed(self, progress: Progress, budget: Budget, running: int) -> None:
            super().progressed(progress, budget, running)
            if running and self.after == 10**9 and not commands.pending(run, "steered"):
                self.after = 10**10
                commands.send(run, "steered", "stop", {"finish_trials": True})

    search = FAST.model_copy(
        update={"models": ("cnn",), "max_trials": 6, "space": {"cnn": {"epochs": {"low": 12, "high": 16}}}}
    )
    person = Patient(0, lambda: None)
    summary = search_study(run, _plan(tmp_path, search), workers, person)
    assert summary["stopped_because"] == STOPPED_BY_COMMAND
    assert [trial.state for trial in person.ended] == [TrialState.COMPLETE]
    assert "1 trial in training will end, no other begins" in _answers(run)[0]


def test_a_plain_stop_after_a_patient_one_ends_the_trials_in_training(
    run: Store, workers: Workers, tmp_path: Path
) -> None:
    class NoLongerPatient(_Person):
        def progressed(self, progress: Progress, budget: Budget, running: int) -> None:
            super().progressed(progress, budget, running)
            if running and self.after == 10**9 and not commands.pending(run, "steered"):
                self.after = 10**10
                commands.send(run, "steered", "stop", {"finish_trials": True})
                commands.send(run, "steered", "stop")

    search = FAST.model_copy(
        update={"models": ("cnn",), "max_trials": 6, "space": {"cnn": {"epochs": {"low": 500, "high": 1000}}}}
    )
    person = NoLongerPatient(0, lambda: None)
    summary = search_study(run, _plan(tmp_path, search), workers, person)
    assert summary["stopped_because"] == STOPPED_BY_COMMAND
    assert [trial.note for trial in person.ended] == [STOPPED_BY_COMMAND]
    assert "running trials end now" in _answers(run)[1]


def test_a_trial_in_training_is_pruned_on_command(run: Store, workers: Workers, tmp_path: Path) -> None:
    search = FAST.model_copy(
        update={"models": ("cnn",), "max_trials": 1, "space": {"cnn": {"epochs": {"low": 500, "high": 1000}}}}
    )
    argument = {"study": "steered-random", "number": 0}

    class Impatient(_Person):
        def progressed(self, progress: Progress, budget: Budget, running: int) -> None:
            if running and self.after == 2:
                self.after = 3
                commands.send(run, "steered", "prune", argument)

    person = Impatient(2, lambda: None)
    search_study(run, _plan(tmp_path, search), workers, person)
    assert [trial.state for trial in person.ended] == [TrialState.PRUNED]
    assert person.ended[0].note == "pruned by command"
    assert person.ended[0].seconds < 20


@pytest.mark.parametrize("objective", [("log_loss",), ("accuracy", "size"), ("accuracy", "latency")])
def test_other_objectives_have_their_directions_and_values(
    run: Store, workbench: Workbench, tmp_path: Path, objective: tuple[Any, ...]
) -> None:
    search = FAST.model_copy(update={"objective": objective, "max_trials": 4})
    with Workers(1, replace(workbench, objectives=objective)) as workers:
        search_study(run, _plan(tmp_path, search), workers)
    study = frames.studies_frame(run).iloc[0]
    wanted = {"accuracy": "maximize"}
    assert study["directions"] == [wanted.get(name, "minimize") for name in objective]
    trials = frames.trials_frame(run)
    assert all(len(values) == len(objective) for values in trials["values"])
    if objective == ("log_loss",):
        assert list(trials["value"]) == list(trials["log_loss"])


def test_folds_and_shares_are_reported_as_intermediate_values(
    run: Store, workbench: Workbench, tmp_path: Path
) -> None:
    search = FAST.model_copy(update={"folds": 3, "max_trials": 2, "pruner": "none"})
    with Workers(1, replace(workbench, folds=3)) as workers:
        search_study(run, _plan(tmp_path, search), workers)
    (study,) = optuna.get_all_study_summaries(run.storage)
    trials = optuna.load_study(study_name=study.study_name, storage=run.storage).trials
    for trial in trials:
        assert list(trial.intermediate_values) == [1, 2, 3]
        assert trial.value == pytest.approx(trial.intermediate_values[3])


def test_a_study_that_was_begun_with_another_space_is_not_gone_on_with(
    run: Store, workers: Workers, tmp_path: Path
) -> None:
    search_study(run, _plan(tmp_path, FAST.model_copy(update={"max_trials": 1})), workers)
    other = FAST.model_copy(update={"space": {"decision_tree": {"max_depth": {"low": 2, "high": 5}}}})
    with pytest.raises(RunError, match=r"another space.*decision_tree.max_depth"):
        search_study(run, _plan(tmp_path, other), workers)


@pytest.mark.parametrize("pruner", ["asha", "hyperband"])
def test_shallow_models_are_pruned_on_shares_of_the_images(
    run: Store, workbench: Workbench, tmp_path: Path, pruner: Any
) -> None:
    search = FAST.model_copy(update={"fidelity": "images", "pruner": pruner, "max_trials": 24})
    with Workers(2, replace(workbench, fidelity="images")) as workers:
        search_study(run, _plan(tmp_path, search), workers)
    trials = frames.trials_frame(run)
    assert (trials["state"] == "PRUNED").any()
    assert (trials["state"] == "COMPLETE").any()
    reasons = set(trials.loc[trials["state"] == "PRUNED", "reason"])
    assert all("/9 of the images" in reason for reason in reasons), reasons


def test_a_target_that_one_trial_reaches_stops_the_other_worker_at_once(
    run: Store, workbench: Workbench, tmp_path: Path
) -> None:
    slow = {"model": "cnn", "cnn.epochs": 902}
    search = FAST.model_copy(
        update={
            "models": ("gaussian_nb", "cnn"),
            "target_accuracy": 0.01,
            "seed_trials": (slow,),
            "space": {"cnn": {"epochs": {"low": 2, "high": 998}}},
        }
    )
    ended: list[float] = []

    class Watch(Listener):
        def trial_ended(self, trial: EndedTrial) -> None:
            ended.append(time.monotonic())

    with Workers(2, workbench) as workers:
        summary = search_study(run, _plan(tmp_path, search), workers, Watch())
    assert summary["stopped_because"] == TARGET
    # The promise is two seconds; a busy machine is given a little more.
    assert time.monotonic() - ended[0] < 2 + 1
    assert len(ended) == 2


def test_seconds_are_a_hard_limit_for_a_training_that_would_go_on(
    run: Store, workers: Workers, tmp_path: Path
) -> None:
    search = FAST.model_copy(
        update={
            "models": ("cnn",),
            "max_seconds": 2,
            "space": {"cnn": {"epochs": {"low": 800, "high": 1000}}},
        }
    )
    summary = search_study(run, _plan(tmp_path, search), workers)
    assert summary["stopped_because"] == MAX_SECONDS
    assert 2 <= summary["seconds"] < 2 + 2.5


def test_data_removed_under_a_search_end_it_with_one_sentence_and_no_failed_trials(
    run: Store, workbench: Workbench, tmp_path: Path
) -> None:
    dataset = Path(shutil.copytree(workbench.dataset, tmp_path / "packed"))
    with Workers(1, replace(workbench, dataset=dataset)) as own, pytest.raises(SourceError) as caught:
        _searched(run, own, tmp_path, lambda: shutil.rmtree(dataset))
    assert f"`{dataset}`" in str(caught.value)
    assert "launch the run again" in str(caught.value)
    assert "FAIL" not in set(frames.trials_frame(run)["state"])
    with Workers(1, workbench) as again:
        summary = search_study(run, _plan(tmp_path), again, Listener())
    assert (summary["stopped_because"], summary["trials"] - summary["failed"]) == (MAX_TRIALS, 8)
