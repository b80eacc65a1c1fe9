"""When a study ends, and how the studies of a run share what it may use."""

import pytest

from tunescope.parameters import SearchParameters
from tunescope.search.budget import (
    HOPELESS,
    MAX_SECONDS,
    MAX_TRIALS,
    PATIENCE,
    TARGET,
    Budget,
    Progress,
)


def _progress(*values: float | None, seconds: float = 0.0) -> Progress:
    progress = Progress(seconds=seconds)
    for value in values:
        progress.count(None if value is None else (value,), value, failed=value is None)
    return progress


def test_studies_share_a_budget_equally_and_the_first_take_what_does_not_divide() -> None:
    search = SearchParameters(strategies=("grid", "random", "tpe"), max_trials=11, max_seconds=90)
    shares = [Budget.share(search, strategy) for strategy in search.strategies]
    assert [share.max_trials for share in shares] == [4, 4, 3]
    assert {share.max_seconds for share in shares} == {30}


def test_an_unlimited_budget_never_ends() -> None:
    assert Budget().exhausted_by(_progress(*[0.5] * 1000, seconds=1e9)) is None


@pytest.mark.parametrize(
    ("budget", "progress", "reason"),
    [
        (Budget(max_trials=3), _progress(0.1, 0.2, None), MAX_TRIALS),
        (Budget(max_trials=4), _progress(0.1, 0.2, None), None),
        (Budget(max_seconds=10), _progress(seconds=10.0), MAX_SECONDS),
        (Budget(target_accuracy=0.9), _progress(0.3, 0.9), TARGET),
        (Budget(target_accuracy=0.9), _progress(0.3, 0.899), None),
        (Budget(patience=2), _progress(0.5, 0.4, 0.5), PATIENCE),
        (Budget(patience=2), _progress(0.5, 0.4, 0.6), None),
        (Budget(), _progress(*[None] * 20), HOPELESS),
        (Budget(), _progress(*[None] * 19, 0.5, None), None),
    ],
)
def test_the_first_limit_that_is_reached_ends_a_study(
    budget: Budget, progress: Progress, reason: str | None
) -> None:
    assert budget.exhausted_by(progress) == reason


def test_no_trial_at_all_is_patient() -> None:
    assert Budget(patience=1).exhausted_by(Progress()) is None
