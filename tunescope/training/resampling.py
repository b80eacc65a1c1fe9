"""Several trainings of one configuration: on the folds of a cross-validation, and on growing shares."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunescope.datasets import PackedDataset
from tunescope.training.outcome import Costs, ShouldStop, Stopped, Trained
from tunescope.training.start import train

OnStep = Callable[[int, Mapping[str, float]], object]

RUNGS = "rungs"  # the phase of all shares but the last
OF_THE_MAIN_TRAINING = {"checkpoint", "on_epoch"}


def train_in_folds(
    model: str,
    hyperparameters: Mapping[str, Any],
    folds: Mapping[int, PackedDataset],
    features: Mapping[str, Path],
    *,
    on_step: OnStep,
    should_stop: ShouldStop,
    **options: Any,
) -> Trained:
    """Train a configuration once a fold, each time from the start and with the same seed.

    Extractors that learn from images did so on the training split: of those that folds 2 and later validate
    on they have seen the pixels, though never a label.

    Args:
        model: as for :func:`tunescope.training.train`, like all that is not explained here.
        hyperparameters: likewise.
        folds: the views that :func:`tunescope.datasets.folds.fold_views` gave.
        features: likewise.
        on_step: told after each fold its number and the means of the scores over the folds so far.
        should_stop: asked between folds too; once it says so, it must go on saying so.
        options: ``checkpoint`` and ``on_epoch`` are of fold 1 alone.

    Returns:
        Model and validation probabilities of fold 1, the means of the scores, the sums of seconds and energy.

    Raises:
        Stopped: when ``should_stop`` asked for it before the last fold: the mean of some folds cannot be
            compared with that of all.
    """
    trained: list[Trained] = []
    for number, dataset in folds.items():
        own = options if number == 1 else _without_listeners(options)
        one = train(model, hyperparameters, dataset, features, should_stop=should_stop, **own)
        # Of later folds, scores and costs are all that is kept: models would fill the memory.
        trained.append(replace(one, predictor=trained[0].predictor) if trained else one)
        if number < len(folds):
            _stop_if_asked(should_stop)
        on_step(number, _mean_scores(trained))
    return _summed(
        trained[0],
        trained,
        scores=_mean_scores(trained),
        phases=_sums([one.phases for one in trained]),
        notes=(*trained[0].notes, _note(trained)),
    )


def train_on_shares(
    model: str,
    hyperparameters: Mapping[str, Any],
    shares: Mapping[int, PackedDataset],
    features: Mapping[str, Path],
    *,
    on_step: OnStep,
    should_stop: ShouldStop,
    **options: Any,
) -> Trained:
    """Train a configuration on growing shares of the training images, each time from the start.

    Args:
        model: as for :func:`tunescope.training.train`, like all that is not explained here.
        hyperparameters: likewise.
        shares: the views that :func:`tunescope.datasets.folds.share_views` gave.
        features: likewise.
        on_step: told after each share its number of ninths and its scores.
        should_stop: asked between shares too; once it says so, it must go on saying so.
        options: ``checkpoint`` and ``on_epoch`` are of the last share alone.

    Returns:
        What the last share gave; ``seconds`` and energy are those of all shares, the earlier ones in the
        phase ``rungs``.

    Raises:
        Stopped: when ``should_stop`` asked for it before the last share.
    """
    trained: list[Trained] = []
    for ninths, dataset in shares.items():
        is_last = ninths == max(shares)
        own = options if is_last else _without_listeners(options)
        one = train(model, hyperparameters, dataset, features, should_stop=should_stop, **own)
        if not is_last:
            _stop_if_asked(should_stop)
        trained.append(one)
        on_step(ninths, one.scores)
    *earlier, last = trained
    rungs = {RUNGS: sum(one.seconds for one in earlier)} if earlier else {}
    return _summed(last, trained, phases={**rungs, **last.phases})


def _without_listeners(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in OF_THE_MAIN_TRAINING}


def _stop_if_asked(should_stop: ShouldStop) -> None:
    if should_stop():
        raise Stopped("the training was asked to stop before its last part")


def _summed(main: Trained, trained: Sequence[Trained], **changes: Any) -> Trained:
    """One training with what all of them took."""
    return replace(
        main,
        seconds=sum(one.seconds for one in trained),
        peak_memory_bytes=max(one.peak_memory_bytes for one in trained),
        costs=_summed_costs(main.costs, [one.costs for one in trained if one.costs is not None]),
        **changes,
    )


def _summed_costs(main: Costs | None, costs: Sequence[Costs]) -> Costs | None:
    if main is None:
        return None
    energy = [one.energy_joules for one in costs if one.energy_joules is not None]
    memory = [one.device_memory_bytes for one in costs if one.device_memory_bytes is not None]
    return replace(
        main, energy_joules=sum(energy) if energy else None, device_memory_bytes=max(memory, default=None)
    )


def _mean_scores(trained: Sequence[Trained]) -> dict[str, float]:
    sums = _sums([one.scores for one in trained])
    return {name: value / len(trained) for name, value in sums.items()}


def _sums(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Sums by name, over the parts that have it."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: sum(part.get(name, 0.0) for part in parts) for name in names}


def _note(trained: Sequence[Trained]) -> str:
    accuracies = ", ".join(f"{one.scores['accuracy']:.1%}" for one in trained)
    return f"Scores are means over {len(trained)} folds, with accuracies of {accuracies}."
