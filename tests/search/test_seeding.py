"""What a search takes from earlier studies to try first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from tunescope.errors import UnknownNameError
from tunescope.search import Space
from tunescope.search.seeding import dataset_distance, earlier_configurations, similar_configurations
from tunescope.store import Store, open_store, runs, trials

EARLIER = Space.of_models({"svm": {"C": {"low": 1.0, "high": 1000.0}}, "knn": {"k": {"low": 1, "high": 9}}})
SPACE = Space.of_models({"svm": {"C": {"low": 1.0, "high": 100.0}}})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/trials.db")
    yield opened
    opened.close()


def _svm(value: float) -> dict[str, Any]:
    return {"model": "svm", "svm.C": value}


def _study(
    store: Store,
    run_id: str,
    tried: list[tuple[dict[str, Any], float | None]],
    direction: str = "maximize",
    dataset: dict[str, Any] | None = None,
) -> str:
    """Enter a run of one study; a configuration without a value failed."""
    runs.claim(store, run_id, {}, Path("unused"))
    if dataset is not None:
        rest = {"name": run_id, "source": "", "folder": "", "splits": {}, "rejected": 0}
        runs.relate(store, run_id, dataset_id=trials.enter_dataset(store, **dataset, **rest))
    study = optuna.create_study(study_name=f"{run_id}-tpe", storage=store.storage, direction=direction)
    trials.enter_study(store, study._study_id, run_id, "tpe", "accuracy", {})
    ranges = {one.name: one.distribution for one in EARLIER.hyperparameters}
    for number, (params, value) in enumerate(tried):
        state = TrialState.FAIL if value is None else TrialState.COMPLETE
        distributions = {name: ranges[name] for name in params}
        study.add_trial(
            optuna.trial.create_trial(state=state, value=value, params=params, distributions=distributions)
        )
        trial_id = study._storage.get_trial_id_from_study_id_trial_number(study._study_id, number)
        trials.enter_trial(store, trial_id, worker=0, seed=0, folder="")
        trials.enter_outcome(store, trial_id, validation_accuracy=value)
    return study.study_name


def test_the_best_configurations_come_first_and_fit_the_space(store: Store) -> None:
    name = _study(store, "a", [(_svm(5.0), 0.5), (_svm(900.0), 0.9), (_svm(7.0), None), (_svm(800.0), 0.8)])
    # 900 and 800 both become 100: one configuration is tried once.
    assert earlier_configurations(store, name, SPACE) == ([_svm(100.0), _svm(5.0)], [])
    assert earlier_configurations(store, name, EARLIER, count=2)[0] == [_svm(900.0), _svm(800.0)]


def test_of_a_loss_the_smallest_is_best(store: Store) -> None:
    name = _study(store, "a", [(_svm(5.0), 0.5), (_svm(6.0), 0.9)], direction="minimize")
    assert earlier_configurations(store, name, SPACE, count=1)[0] == [_svm(5.0)]


def test_what_cannot_be_used_is_told(store: Store) -> None:
    knn = {"model": "knn", "knn.k": 3}
    name = _study(store, "a", [(knn, 0.99), ({**knn, "knn.k": 4}, 0.98), (_svm(5.0), 0.5)])
    found, notes = earlier_configurations(store, name, SPACE)
    assert found == [_svm(5.0)]
    assert notes == [
        "2 finished trials of study `a-tpe` cannot be used: their model `knn` is not in `search.models`"
    ]


def test_a_study_without_a_finished_trial_gives_nothing_and_says_so(store: Store) -> None:
    name = _study(store, "a", [(_svm(5.0), None)])
    assert earlier_configurations(store, name, SPACE) == (
        [],
        ["study `a-tpe` has no finished trial: nothing is taken from it"],
    )


def test_an_unknown_study_is_told_with_those_that_there_are(store: Store) -> None:
    with pytest.raises(UnknownNameError, match="the store has no study yet"):
        earlier_configurations(store, "a-tpe", SPACE)
    for number in range(10):
        _study(store, f"run{number}", [])
    with pytest.raises(UnknownNameError) as caught:
        earlier_configurations(store, "run9-tpo", SPACE)
    assert str(caught.value).startswith(
        "`search.seed_study` is `run9-tpo`, but there is no such study (did you mean `run9-tpe`?): "
        "use `run9-tpe`, `run8-tpe`"
    )
    assert str(caught.value).endswith("`run2-tpe` or one of 2 more")


def _dataset(
    number: int, images: int, classes: int = 10, side: int = 28, channels: int = 1
) -> dict[str, Any]:
    return {
        "fingerprint": f"{number:064}",
        "images": images,
        "classes": [str(name) for name in range(classes)],
        "image_shape": [side, side, channels],
    }


def test_datasets_are_apart_by_the_logarithms_of_what_they_are() -> None:
    one = _dataset(1, 1000)
    assert dataset_distance(one, one) == 0
    assert dataset_distance(one, _dataset(2, 10_000)) == pytest.approx(1)
    assert dataset_distance(one, _dataset(2, 1000, classes=100)) == pytest.approx(1)
    assert dataset_distance(one, _dataset(2, 1000, side=280)) == pytest.approx(1)
    assert dataset_distance(one, _dataset(2, 1000, channels=3)) == pytest.approx(1)


def test_the_best_of_each_similar_dataset_come_in_turn_the_nearest_first(store: Store) -> None:
    here = _dataset(0, 1000)
    _study(store, "far", [(_svm(30.0), 0.99), (_svm(31.0), 0.98)], dataset=_dataset(1, 100_000))
    _study(store, "near", [(_svm(10.0), 0.5), (_svm(11.0), 0.6)], dataset=_dataset(2, 1100))
    _study(store, "same", [(_svm(99.0), 1.0)], dataset=here)
    _study(store, "left-out", [(_svm(98.0), 1.0)], dataset=_dataset(3, 1000))
    _study(store, "unknown", [(_svm(97.0), 1.0)])
    found = similar_configurations(store, here, SPACE, count=3, run_id="left-out")
    assert found == [_svm(11.0), _svm(30.0), _svm(10.0)]


def test_without_other_datasets_there_is_nothing_to_learn_from(store: Store) -> None:
    assert similar_configurations(store, _dataset(0, 1000), SPACE) == []
    _study(store, "a", [(_svm(5.0), None)], dataset=_dataset(1, 1000))
    assert similar_configurations(store, _dataset(0, 1000), SPACE) == []
