"""Models that cannot win are deleted; what analyses read of them stays."""

from pathlib import Path

from tunescope.search.kept import KeptModels


def _trial(root: Path, number: int) -> Path:
    folder = root / str(number)
    folder.mkdir()
    for name in ("model.json", "weights.safetensors", "validation.npz"):
        (folder / name).touch()
    return folder


def test_the_best_three_models_stay_whatever_the_order(tmp_path: Path) -> None:
    kept = KeptModels()
    for number, accuracy in enumerate([0.5, 0.9, 0.7, 0.6, 0.95, 0.1]):
        kept.offer((accuracy,), _trial(tmp_path, number))
    assert [number for number in range(6) if (tmp_path / str(number) / "model.json").exists()] == [1, 2, 4]


def test_validation_predictions_of_every_trial_stay(tmp_path: Path) -> None:
    kept = KeptModels()
    for number in range(6):
        kept.offer(((0.5, float(number)),), _trial(tmp_path, number))
    assert all((tmp_path / str(number) / "validation.npz").exists() for number in range(6))


def test_with_several_objectives_the_whole_front_stays(tmp_path: Path) -> None:
    kept = KeptModels()
    for number in range(6):
        kept.offer((number / 10, -float(number)), _trial(tmp_path, number))
    kept.offer((0.0, -9.0), _trial(tmp_path, 6))
    assert [number for number in range(7) if (tmp_path / str(number) / "model.json").exists()] == [*range(6)]


def test_a_model_that_is_measured_again_stays_whatever_comes(tmp_path: Path) -> None:
    kept = KeptModels()
    first = _trial(tmp_path, 0)
    kept.pin(first)
    kept.offer((0.1,), first)
    for number in range(1, 6):
        kept.offer((number / 5,), _trial(tmp_path, number))
    assert [number for number in range(6) if (tmp_path / str(number) / "model.json").exists()] == [0, 3, 4, 5]
