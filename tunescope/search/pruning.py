"""What stops hopeless trials early: Optuna's pruners, fitted to what a trial reports.

A trial reports a score after each epoch, after each share of the training images (steps 1, 3 and 9: ninths)
or after each fold of a cross-validation.
"""

from typing import TYPE_CHECKING

from tunescope.parameters import SearchParameters

if TYPE_CHECKING:
    from optuna.pruners import BasePruner

# A median needs some trials to be one, and trainings some epochs to show what they are.
_STARTUP_TRIALS = 5
_WARM_UP_EPOCHS = 5
# The best third goes on at each rung (Li et al., MLSys 2020, use 4; the shares of the images are ninths).
_REDUCTION = 3
_ALL_IMAGES = 9


def make_pruner(search: SearchParameters) -> "BasePruner":
    """The pruner of a study; several objectives have none, because no one score tells who is behind."""
    from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner

    if search.pruner == "none" or len(search.objective) > 1:
        return NopPruner()
    if search.pruner == "asha":
        return SuccessiveHalvingPruner(min_resource=1, reduction_factor=_REDUCTION)
    if search.pruner == "hyperband":
        return HyperbandPruner(1, _most_steps(search), _REDUCTION)
    watches_epochs = search.fidelity == "epochs" and search.folds is None
    return MedianPruner(_STARTUP_TRIALS, _WARM_UP_EPOCHS if watches_epochs else 0)


def _most_steps(search: SearchParameters) -> "int | str":
    """The last step that a trial can report; that of trainings is seen when the first one has ended."""
    if search.folds is not None:
        return search.folds
    return _ALL_IMAGES if search.fidelity == "images" else "auto"
