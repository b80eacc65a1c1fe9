"""What is left of a search."""

import pytest

from tunescope.analysis.remaining import StudyProgress, remaining


def test_the_limit_that_comes_first_ends_a_study() -> None:
    few_trials = StudyProgress(max_trials=12, max_seconds=100.0, trials=10, seconds=20.0)
    left = remaining([few_trials])
    assert (left.seconds, left.limits, left.trial_seconds, left.measured) == (4.0, {"trials"}, 2.0, 10)
    little_time = StudyProgress(max_trials=1000, max_seconds=21.0, trials=10, seconds=20.0)
    assert remaining([little_time]).seconds == 1.0


def test_studies_run_one_after_another_at_the_pace_of_all_trials_so_far() -> None:
    ended = StudyProgress(10, None, trials=10, seconds=30.0, has_ended=True)
    at_work = StudyProgress(10, None, trials=5, seconds=15.0)
    left = remaining([ended, at_work, StudyProgress(10, 12.0)])
    assert left.seconds == 5 * 3.0 + 12.0
    assert (left.limits, left.studies) == ({"trials", "seconds"}, 2)


def test_without_a_trial_only_seconds_tell_how_long_it_takes() -> None:
    assert remaining([StudyProgress(10, None)]).seconds is None
    assert remaining([StudyProgress(10, 60.0)]).seconds == 60.0
    assert remaining([StudyProgress(None, None)]).seconds is None


@pytest.mark.parametrize("used", [{"trials": 14, "seconds": 9.0}, {"trials": 3, "seconds": 500.0}])
def test_what_is_left_is_never_negative(used: dict[str, float]) -> None:
    assert remaining([StudyProgress(10, 100.0, **used)]).seconds == 0.0


def test_nothing_is_left_of_a_search_that_has_ended() -> None:
    left = remaining([StudyProgress(10, None, 10, 5.0, has_ended=True)])
    assert (left.seconds, left.studies) == (0.0, 0)
