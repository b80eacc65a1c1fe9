"""One configuration trained several times: on folds, and on growing shares."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset, fold_views, share_views
from tunescope.features import extract
from tunescope.models import MODELS
from tunescope.training import Epoch, Stopped, Trained, train, train_in_folds, train_on_shares

SMALL = {"width": 8, "blocks": 0, "epochs": 3}
Several = Callable[..., Trained]


@pytest.fixture(scope="module")
def folds(dataset: PackedDataset) -> dict[int, PackedDataset]:
    return fold_views(dataset, 3)


@pytest.fixture(scope="module")
def shares(dataset: PackedDataset) -> dict[int, PackedDataset]:
    return share_views(dataset)


@pytest.fixture(scope="module", params=["folds", "shares"])
def several(
    request: pytest.FixtureRequest, folds: dict[int, PackedDataset], shares: dict[int, PackedDataset]
) -> tuple[Several, dict[int, PackedDataset]]:
    return (train_in_folds, folds) if request.param == "folds" else (train_on_shares, shares)


def _never() -> bool:
    return False


class _Ear:
    """Remembers what is told, and asks to stop after so many steps."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.steps: dict[int, dict[str, float]] = {}
        self.epochs: list[Epoch] = []
        self._stop_after = stop_after

    def hear(self, step: int, scores: Any) -> None:
        self.steps[step] = dict(scores)

    def should_stop(self) -> bool:
        return self._stop_after is not None and len(self.steps) >= self._stop_after


def test_scores_are_the_means_over_the_folds_and_the_model_is_that_of_the_first(
    folds: dict[int, PackedDataset], features: dict[str, Path]
) -> None:
    ear = _Ear()
    chosen = {"extractor": "pixels", "max_depth": 2}
    together = train_in_folds(
        "decision_tree", chosen, folds, features, seed=1, on_step=ear.hear, should_stop=_never
    )
    alone = [train("decision_tree", chosen, view, features, seed=1) for view in folds.values()]
    accuracies = [one.scores["accuracy"] for one in alone]
    assert len(set(accuracies)) > 1  # equal ones would show nothing
    so_far = [np.mean(accuracies[: number + 1]) for number in range(3)]
    assert [scores["accuracy"] for scores in ear.steps.values()] == pytest.approx(so_far)
    assert list(ear.steps) == [1, 2, 3]
    for name in alone[0].scores:
        assert together.scores[name] == pytest.approx(np.mean([one.scores[name] for one in alone]))
    np.testing.assert_array_equal(together.validation_probabilities, alone[0].validation_probabilities)
    images, _ = folds[1].subset("validation")
    np.testing.assert_array_equal(together.predictor.predict(images), alone[0].predictor.predict(images))
    assert f"{accuracies[1]:.1%}" in together.notes[-1]


def test_the_last_share_decides(shares: dict[int, PackedDataset], features: dict[str, Path]) -> None:
    ear = _Ear()
    grown = train_on_shares("svm", {}, shares, features, seed=1, on_step=ear.hear, should_stop=_never)
    whole = train("svm", {}, shares[9], features, seed=1)
    assert list(ear.steps) == list(shares)
    assert len(ear.steps) > 1
    assert ear.steps[9] == grown.scores == whole.scores
    np.testing.assert_array_equal(grown.validation_probabilities, whole.validation_probabilities)


@pytest.mark.parametrize("model", ["gaussian_nb", "cnn"])
def test_phases_add_up_to_the_seconds_of_all_trainings(
    several: tuple[Several, dict[int, PackedDataset]], features: dict[str, Path], model: str
) -> None:
    train_several, views = several
    chosen = SMALL if model == "cnn" else {"extractor": "hog"}
    trained = train_several(model, chosen, views, features, seed=0, on_step=_Ear().hear, should_stop=_never)
    assert sum(trained.phases.values()) == pytest.approx(trained.seconds, rel=0.05)
    assert ("rungs" in trained.phases) == (train_several is train_on_shares)


def test_only_the_main_training_tells_its_epochs_and_writes_a_checkpoint(
    several: tuple[Several, dict[int, PackedDataset]], tmp_path: Path
) -> None:
    train_several, views = several
    ear, written = _Ear(), []

    def hear_step(step: int, scores: Any) -> None:
        ear.hear(step, scores)
        written.append(len(ear.epochs))

    def hear_epoch(epoch: Epoch) -> None:
        ear.epochs.append(epoch)
        if epoch.number > 1:
            assert (tmp_path / "it.pt").exists()

    train_several(
        "cnn",
        SMALL,
        views,
        {},
        seed=0,
        on_step=hear_step,
        on_epoch=hear_epoch,
        should_stop=_never,
        checkpoint=tmp_path / "it.pt",
    )
    assert [epoch.number for epoch in ear.epochs] == [1, 2, 3]
    # After each step, so many epochs were told: all by the first fold, or by the last share.
    assert written == ([3, 3, 3] if train_several is train_in_folds else [0] * (len(views) - 1) + [3])


@pytest.mark.parametrize("model", ["svm", "cnn"])
def test_a_stop_between_two_trainings_ends_them(
    several: tuple[Several, dict[int, PackedDataset]], features: dict[str, Path], model: str
) -> None:
    train_several, views = several
    ear = _Ear(stop_after=1)
    with pytest.raises(Stopped):
        train_several(
            model,
            SMALL if model == "cnn" else {},
            views,
            features,
            seed=0,
            on_step=ear.hear,
            should_stop=ear.should_stop,
        )
    assert len(ear.steps) == 1


def test_a_fold_that_was_cut_short_counts_for_nothing(folds: dict[int, PackedDataset]) -> None:
    """A network that has finished an epoch answers a stop with what it has learned: less than other folds."""
    ear = _Ear()
    with pytest.raises(Stopped):
        train_in_folds(
            "cnn",
            SMALL,
            folds,
            {},
            seed=0,
            on_step=ear.hear,
            on_epoch=ear.epochs.append,
            should_stop=lambda: bool(ear.epochs),
        )
    assert len(ear.epochs) == 1
    assert not ear.steps


def test_a_checkpoint_of_another_fold_is_passed_over(folds: dict[int, PackedDataset], tmp_path: Path) -> None:
    class _CutOff(Exception):  # noqa: N818  it stands for a kill
        pass

    def cut_off(epoch: Epoch) -> None:
        if epoch.number == 2:
            raise _CutOff

    options: dict[str, Any] = {"seed": 0, "checkpoint": tmp_path / "it.pt"}
    with pytest.raises(_CutOff):
        train("cnn", SMALL, folds[2], {}, on_epoch=cut_off, **options)
    assert (tmp_path / "it.pt").exists()
    fresh = train("cnn", SMALL, folds[3], {}, seed=0)
    beside = train("cnn", SMALL, folds[3], {}, **options)
    np.testing.assert_array_equal(fresh.validation_probabilities, beside.validation_probabilities)


@pytest.mark.parametrize("model", [name for name, model in MODELS.items() if model.kind == "shallow"])
def test_every_shallow_model_learns_from_a_share_with_a_single_image_of_a_class(
    tmp_path: Path, model: str
) -> None:
    def make_rare(pixels: np.ndarray, splits: np.ndarray) -> None:
        splits[np.flatnonzero(splits[:40] == 0)[1:]] = 1

    dataset = pattern_dataset(tmp_path / "rare", images=40, change=make_rare)
    features = {"hog": extract(dataset, "hog", tmp_path / "features")}
    ear = _Ear()
    chosen = {"extractor": "hog"}
    trained = train_on_shares(
        model, chosen, share_views(dataset), features, seed=0, on_step=ear.hear, should_stop=_never
    )
    assert list(ear.steps) == [3, 9]
    assert trained.scores["accuracy"] > 0
