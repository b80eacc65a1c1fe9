"""The loop of deep models: what it reports, keeps, refuses and leaves alone."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset, watched_rows
from tunescope.parameters import TrainingParameters
from tunescope.timing import peak
from tunescope.training import POLICIES, Epoch, Stopped, Trained, TrainingFault, train
from tunescope.training.deep_predictor import DeepPredictor
from tunescope.training.policies import make_policy

SMALL = {"width": 8, "blocks": 0, "epochs": 8}


def _trained(dataset: PackedDataset, chosen: dict[str, Any] | None = None, **options: Any) -> Trained:
    return train("cnn", SMALL | (chosen or {}), dataset, {}, **{"seed": 0} | options)


def _weights(trained: Trained) -> dict[str, torch.Tensor]:
    assert isinstance(trained.predictor, DeepPredictor)
    return trained.predictor.module.state_dict()


def _equal(first: Trained, second: Trained) -> bool:
    ours, theirs = _weights(first), _weights(second)
    return all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(dataset: PackedDataset) -> None:
    first = _trained(dataset, seed=5)
    assert _equal(first, _trained(dataset, seed=5))
    assert not _equal(first, _trained(dataset, seed=6))


def test_what_was_drawn_before_and_after_a_training_is_no_matter_to_either(dataset: PackedDataset) -> None:
    torch.manual_seed(1)
    first, drawn = _trained(dataset), torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(1), drawn)
    assert _equal(first, _trained(dataset))


def test_every_epoch_is_reported_in_order(dataset: PackedDataset) -> None:
    epochs: list[Epoch] = []
    trained = _trained(dataset, on_epoch=epochs.append)
    assert [epoch.number for epoch in epochs] == list(range(1, 9))
    assert {epoch.epochs for epoch in epochs} == {8}
    assert epochs[-1].train_loss < epochs[0].train_loss
    assert all(0 <= epoch.train_accuracy <= 1 and epoch.seconds > 0 for epoch in epochs)
    assert sum(epoch.seconds for epoch in epochs) <= trained.seconds


def test_an_epoch_tells_what_the_model_says_of_the_watched_images(dataset: PackedDataset) -> None:
    epochs: list[Epoch] = []
    trained = _trained(dataset, on_epoch=epochs.append)
    best = max(epochs, key=lambda epoch: (epoch.validation_accuracy, -epoch.validation_loss))
    places = np.searchsorted(dataset.indices("validation"), watched_rows(dataset))
    expected = trained.validation_probabilities[places]
    assert best.predictions is not None
    assert [label for label, _ in best.predictions] == expected.argmax(axis=1).tolist()
    probabilities = [probability for _, probability in best.predictions]
    assert probabilities == pytest.approx(expected.max(axis=1), abs=0.00051)
    assert all(len(json.dumps(epoch.predictions)) < 300 for epoch in epochs)


def test_the_epoch_of_the_best_validation_accuracy_is_kept_and_then_of_the_lowest_loss(
    tmp_path: Path,
) -> None:
    def exchange_the_validation_images(images: np.ndarray, splits: np.ndarray) -> None:
        """Each class shows another one's pattern, so that whoever learns gets worse."""
        rows = np.flatnonzero(splits == 1)
        images[rows] = images[np.roll(rows, len(rows) // 3)]

    dataset = pattern_dataset(tmp_path / "exchanged", change=exchange_the_validation_images)
    epochs: list[Epoch] = []
    trained = _trained(dataset, on_epoch=epochs.append)
    best = max(epochs, key=lambda epoch: (epoch.validation_accuracy, -epoch.validation_loss))
    assert best.number < 8
    assert trained.scores["accuracy"] == best.validation_accuracy
    assert trained.scores["log_loss"] == best.validation_loss
    images, _ = dataset.subset("validation")
    np.testing.assert_array_equal(trained.predictor.predict(images), trained.validation_probabilities)


@pytest.mark.parametrize("policy", [name for name in POLICIES if not POLICIES[name].sees_losses])
def test_epochs_tell_the_rate_of_the_chosen_policy(dataset: PackedDataset, policy: str) -> None:
    epochs: list[Epoch] = []
    trained = _trained(dataset, {"learning_rate": 0.01, "policy": policy}, on_epoch=epochs.append)
    steps = 4  # 36 training images, in batches of at least 8
    chosen = make_policy(trained.predictor.identity.hyperparameters, 0.01, steps * 8)
    assert [epoch.learning_rate for epoch in epochs] == [
        chosen(steps * number - 1, steps * 8) for number in range(1, 9)
    ]


def test_the_plateau_policy_hears_the_validation_losses_of_the_epochs_so_far(dataset: PackedDataset) -> None:
    epochs: list[Epoch] = []
    chosen = {"policy": "plateau", "epochs": 24, "learning_rate": 0.05}
    trained = _trained(dataset, chosen, on_epoch=epochs.append)
    policy, total = make_policy(trained.predictor.identity.hyperparameters, 0.05, 96), 96
    losses = [epoch.validation_loss for epoch in epochs]
    # Those of an epoch's steps are the epochs before it.
    expected = [policy(4 * (number + 1) - 1, total, losses[:number]) for number in range(24)]
    assert [epoch.learning_rate for epoch in epochs] == expected
    assert len(set(expected)) > 1


def test_policies_lead_to_different_weights(dataset: PackedDataset) -> None:
    assert not _equal(_trained(dataset, {"policy": "fix"}), _trained(dataset, {"policy": "cos"}))


@pytest.mark.parametrize(
    "changed",
    [
        {"label_smoothing": 0.0},
        {"augmentation": 0.0},
        {"augmenter": "randaugment"},
        {"mirror": "always"},
        {"mixing": "mixup"},
        {"mixing": "cutmix"},
        {"weight_decay": 0.3},
        {"dropout": 0.5},
        {"optimizer": "sgd"},
        {"optimizer": "muon"},
        {"learning_rate": 0.01},
        {"clipping": 0.0, "learning_rate": 0.03},
        {"ema": 0.5},
        {"batch_size": 16, "width": 8},
    ],
)
def test_every_hyperparameter_of_the_training_has_an_effect(tmp_path: Path, changed: dict[str, Any]) -> None:
    # Large enough for batches of the default size.
    dataset = pattern_dataset(tmp_path / "larger", classes=2, images=480, side=8)
    one_epoch = {"epochs": 1}
    assert not _equal(_trained(dataset, one_epoch), _trained(dataset, changed | one_epoch))


def test_a_training_that_is_stopped_in_its_first_epoch_leaves_nothing(dataset: PackedDataset) -> None:
    asked: list[int] = []

    def should_stop() -> bool:
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(Stopped):
        _trained(dataset, should_stop=should_stop)
    assert len(asked) == 3


def test_a_training_that_is_stopped_later_ends_with_the_epochs_it_has(dataset: PackedDataset) -> None:
    asked: list[int] = []
    epochs: list[Epoch] = []

    def should_stop() -> bool:
        asked.append(1)
        return len(asked) == 7

    stopped = _trained(dataset, should_stop=should_stop, on_epoch=epochs.append)
    assert len(asked) == 7
    assert len(epochs) == 1  # of four batches each
    assert stopped.scores["accuracy"] == epochs[0].validation_accuracy


def test_a_loss_that_is_no_number_ends_the_training_with_the_reason(dataset: PackedDataset) -> None:
    with pytest.raises(TrainingFault, match=r"loss was no number any more in epoch 1 at .* try a lower one"):
        _trained(dataset, {"learning_rate": 1e38, "policy": "fix"})


def test_the_test_split_changes_nothing(tmp_path: Path) -> None:
    def whiten_the_test_split(images: np.ndarray, splits: np.ndarray) -> None:
        images[splits == 2] = 255

    plain = pattern_dataset(tmp_path / "plain")
    changed = pattern_dataset(tmp_path / "changed", change=whiten_the_test_split)
    first, second = _trained(plain), _trained(changed)
    assert _equal(first, second)
    assert isinstance(first.predictor, DeepPredictor)
    assert isinstance(second.predictor, DeepPredictor)
    assert first.predictor.normalization == second.predictor.normalization


def test_the_validation_split_chooses_weights_but_does_not_train_them(tmp_path: Path) -> None:
    def whiten_the_validation_split(images: np.ndarray, splits: np.ndarray) -> None:
        images[splits == 1] = 255

    plain = pattern_dataset(tmp_path / "plain")
    changed = pattern_dataset(tmp_path / "changed", change=whiten_the_validation_split)
    one_epoch = {"epochs": 1}
    assert _equal(_trained(plain, one_epoch), _trained(changed, one_epoch))


def test_the_number_of_threads_is_the_one_asked_for(dataset: PackedDataset) -> None:
    before = torch.get_num_threads()
    try:
        for threads in (2, 1):
            _trained(dataset, {"epochs": 1}, threads=threads)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_a_thousand_classes_and_large_images_can_be_trained(tmp_path: Path) -> None:
    many = pattern_dataset(tmp_path / "many", classes=1000, images=3, side=8)
    assert _trained(many, {"epochs": 1}).validation_probabilities.shape == (1000, 1000)
    large = pattern_dataset(tmp_path / "large", classes=2, images=3, side=512)
    assert _trained(large, {"epochs": 1}).validation_probabilities.shape == (2, 2)


def test_phases_add_up_to_the_wall_time(tmp_path: Path) -> None:
    larger = pattern_dataset(tmp_path / "larger", images=200, side=24)
    begun = time.perf_counter()
    trained = _trained(larger, {"width": 16, "blocks": 1})
    wall = time.perf_counter() - begun
    assert sum(trained.phases.values()) == pytest.approx(trained.seconds, rel=0.05)
    assert trained.seconds == pytest.approx(wall, rel=0.05)
    # What is in none of the named phases is hardly anything.
    assert trained.phases["other"] < 0.05 * trained.seconds


def test_the_first_step_is_timed_apart(dataset: PackedDataset) -> None:
    trained = _trained(dataset, {"epochs": 2})
    steps = sum(trained.phases[name] for name in ("load", "augment", "forward", "backward", "optimizer"))
    assert trained.phases["warm_up"] > 0
    assert trained.images_per_second == pytest.approx(7 * 9 / steps)  # eight steps of nine images, but one


def test_what_a_training_took_of_the_machine_is_told(dataset: PackedDataset) -> None:
    costs = _trained(dataset, options=TrainingParameters(precision="float32")).costs
    assert costs is not None
    assert (costs.device, costs.precision) == ("cpu", "float32")
    assert (costs.batch_size, costs.micro_batch) == (9, 9)
    # The first of two convolutions: 16 x 16 places, 3 x 3 x 3 inputs, 8 outputs, a product and a sum each.
    assert costs.flops_per_image is not None
    assert costs.flops_per_image > 2 * 16 * 16 * 27 * 8
    assert costs.peak_flops > 1e8
    # It reads the image, and writes and reads the 8 maps of 16 x 16 at least.
    assert costs.bytes_per_image is not None
    assert costs.bytes_per_image > 4 * (3 + 2 * 8) * 16 * 16
    assert costs.peak_bandwidth is not None
    assert costs.peak_bandwidth > 1e7
    assert costs.device_memory_bytes is None


def test_where_no_memory_is_left_for_a_large_copy_the_training_goes_on(
    dataset: PackedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peak, "COPIED", 2**55)
    peak.measured_bandwidth.cache_clear()
    costs = _trained(dataset, {"epochs": 1}).costs
    assert costs is not None
    assert costs.peak_bandwidth is None
    assert costs.bytes_per_image


def test_the_costliest_operators_are_noted_on_request(dataset: PackedDataset) -> None:
    costs = _trained(dataset, options=TrainingParameters(profile=True)).costs
    assert costs is not None
    assert costs.operators
    assert "aten::convolution_backward" in {one["name"] for one in costs.operators}
    assert _trained(dataset).costs.operators is None  # type: ignore[union-attr]


def test_a_training_that_gets_no_better_ends_early_if_it_is_told_to(tmp_path: Path) -> None:
    def whiten_the_validation_split(images: np.ndarray, splits: np.ndarray) -> None:
        images[splits == 1] = 255

    dataset = pattern_dataset(tmp_path / "white", change=whiten_the_validation_split)
    epochs: list[Epoch] = []
    chosen = {"epochs": 40, "learning_rate": 1e-3}
    _trained(dataset, chosen, options=TrainingParameters(early_stopping=3), on_epoch=epochs.append)
    ranks = [(one.validation_accuracy, -one.validation_loss) for one in epochs]
    assert len(epochs) < 40
    assert len(epochs) - 1 - ranks.index(max(ranks)) == 3


@pytest.mark.long
def test_a_compiled_network_learns_the_same(dataset: PackedDataset) -> None:
    options = TrainingParameters(precision="float32")
    plain = _trained(dataset, options=options)
    compiled = _trained(dataset, options=options.model_copy(update={"compile": True}))
    assert "warm_up" not in compiled.phases
    assert compiled.phases["compile"] > plain.phases["warm_up"]
    np.testing.assert_allclose(compiled.validation_probabilities, plain.validation_probabilities, atol=0.1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_trains_as_well(dataset: PackedDataset, tmp_path: Path) -> None:
    trained = _trained(dataset, {"epochs": 16}, device="cuda")
    assert trained.scores["accuracy"] >= 0.7
    assert trained.costs is not None
    assert (trained.costs.device_memory_bytes or 0) > 0
    assert isinstance(trained.predictor, DeepPredictor)
    assert next(trained.predictor.module.parameters()).is_cuda
    trained.predictor.save(tmp_path)
