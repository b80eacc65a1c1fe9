"""Which rule stops hopeless trials, and that it does, on simulated scores."""

import optuna
import pytest
from optuna.trial import TrialState

from tunescope.parameters import SearchParameters
from tunescope.search.pruning import make_pruner


def _pruned(search: SearchParameters, steps: list[int], trials: int = 40) -> tuple[set[int], set[int]]:
    """Qualities of pruned and of complete trials; each shows its quality from the first step on."""
    study = optuna.create_study(direction="maximize", pruner=make_pruner(search), study_name="simulated")
    order = [(7 * number) % trials for number in range(trials)]  # good and bad ones by turns
    pruned, complete = set(), set()
    for quality in order:
        trial = study.ask()
        for step in steps:
            trial.report(quality / trials, step)
            if trial.should_prune():
                study.tell(trial, state=TrialState.PRUNED)
                pruned.add(quality)
                break
        else:
            study.tell(trial, quality / trials)
            complete.add(quality)
    return pruned, complete


@pytest.mark.parametrize("pruner", ["median", "asha", "hyperband"])
@pytest.mark.parametrize(
    ("fidelity", "folds", "steps"),
    [("epochs", None, list(range(1, 19))), ("images", None, [1, 3, 9]), ("epochs", 4, [1, 2, 3, 4])],
)
def test_bad_trials_are_pruned_and_the_best_is_not(
    pruner: str, fidelity: str, folds: int | None, steps: list[int]
) -> None:
    search = SearchParameters.model_validate({"pruner": pruner, "fidelity": fidelity, "folds": folds})
    pruned, complete = _pruned(search, steps)
    assert len(pruned) >= 5
    assert 39 in complete
    assert sum(pruned) / len(pruned) < sum(complete) / len(complete)


def test_without_a_pruner_every_trial_ends() -> None:
    assert _pruned(SearchParameters(pruner="none"), [1, 2, 3])[0] == set()


def test_several_objectives_are_not_pruned() -> None:
    pruner = make_pruner(SearchParameters(objective=("accuracy", "latency"), pruner="asha"))
    assert isinstance(pruner, optuna.pruners.NopPruner)
