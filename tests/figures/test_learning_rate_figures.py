"""Pictures of learning-rate policies, drawn once."""

from tunescope.analysis.learning_rate import PolicyRanking, PolicyResult, PolicyTrial, Schedule, Schedules
from tunescope.figures.learning_rate import (
    EMPTY,
    NO_POLICY,
    draw_accuracies,
    draw_schedules,
    draw_times,
)

NAMES = ("fix", "step", "cos", "exp", "inv", "poly", "tri")
TRIALS = tuple(
    PolicyTrial(n, "<b>s", n, "cnn", name, 0.9 - n / 50, 2.0 * n + 1) for n, name in enumerate(NAMES)
)
RANKING = PolicyRanking(
    0.8, tuple(PolicyResult(one.policy, 1, one.accuracy, one, 1, one) for one in TRIALS), (), TRIALS
)


def test_each_policy_has_a_row_with_its_trials_and_its_median() -> None:
    figure = draw_accuracies(RANKING, dark=True)
    dots, medians = figure.data
    assert list(dots.x) == list(medians.x) == [one.accuracy for one in TRIALS]
    assert list(figure.layout.yaxis.ticktext) == list(NAMES)
    assert figure.layout.shapes[0].x0 == 0.8
    assert "<b>s #" not in dots.text[0]


def test_policies_that_did_worse_share_a_grey_and_no_place_in_the_legend() -> None:
    figure = draw_times(RANKING)
    assert [trace.showlegend for trace in figure.data] == [True] * 6 + [False]
    assert figure.layout.xaxis.type == "log"


def test_each_schedule_is_a_line_of_a_dash_of_its_own() -> None:
    lines = (Schedule("fix", (0, 1), (1, 1), ""), Schedule("poly", (0, 1), (1, 0), ""))
    figure = draw_schedules(Schedules(lines))
    assert [(trace.name, list(trace.y)) for trace in figure.data] == [("fix", [1, 1]), ("poly", [1, 0])]
    assert figure.data[0].line.dash != figure.data[1].line.dash


def test_nothing_to_draw_is_a_sentence() -> None:
    nothing = PolicyRanking(0.9, (), (), ())
    for figure, text in (
        (draw_accuracies(nothing), EMPTY),
        (draw_times(nothing), EMPTY),
        (draw_schedules(Schedules(())), NO_POLICY),
    ):
        assert figure.layout.annotations[0].text.replace("<br>", " ") == text
