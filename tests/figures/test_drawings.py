"""What the figures show is what was computed."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tunescope.analysis.comparison import StudyComparison, StudyResult
from tunescope.analysis.confusion import confusion
from tunescope.analysis.costs import ModelCost, PhaseCosts, TradeOff, TradeOffPoint
from tunescope.analysis.course import Course, CourseLine
from tunescope.analysis.curves import LearningCurve, LearningCurves
from tunescope.analysis.importance import Importance, ImportanceGroup, Influence
from tunescope.analysis.parallel import Axis, Parallel
from tunescope.analysis.study_curves import FinalScore, StrategyCurve, StudyCurves
from tunescope.analysis.timeline import Timeline, TimelineBar, TimelineRow
from tunescope.figures import confusion as confusion_figure
from tunescope.figures import (
    history,
    importance,
    learning_curves,
    parallel,
    phase_costs,
    slices,
    studies,
    study_curves,
    style,
    timeline,
    trade_off,
)

LINE = CourseLine(
    study="demo-grid",
    label="grid",
    strategy="grid",
    numbers=(0, 1, 2),
    models=("svm", "cnn", "svm"),
    seconds=(60.0, 300.0, 600.0),
    positions=(1, 2, 4),
    scores=(0.5, 0.8, 0.7),
    best=(0.5, 0.8, 0.8),
)
CURVE = LearningCurve(
    study="demo-tpe",
    number=3,
    model="cnn",
    state="COMPLETE",
    epochs=(1, 2),
    train_loss=(1.0, 0.5),
    validation_loss=(1.2, 0.9),
    train_accuracy=(0.6, 0.8),
    validation_accuracy=(0.5, 0.7),
    learning_rate=(0.01, 0.001),
)


def _annotations(figure) -> list[str]:
    return [one.text for one in figure.layout.annotations]


def test_the_best_so_far_is_drawn_in_steps_to_the_end_of_the_plot() -> None:
    dots, line = history.draw(Course((LINE,))).data
    assert dots.x == (1.0, 5.0, 10.0)
    assert dots.text[1] == "<b>grid #1</b><br>cnn, 80.0%"
    assert (line.x, line.y, line.line.shape) == ((1.0, 5.0, 10.0), (0.5, 0.8, 0.8), "hv")
    assert line.name == "grid 80.0%"
    assert line.line.color == dots.marker.color == style.colour("grid")


def test_a_course_can_be_counted_in_trials() -> None:
    figure = history.draw_by_trial(Course((LINE,)))
    assert figure.data[0].x == (1, 2, 4)
    assert figure.layout.xaxis.title.text == "Trials ended in the study"


def _course(studies: int) -> Course:
    """As many studies, each better than the one before."""
    best = (0.5 + number / 100 for number in range(studies))
    names = (f"demo-{number}" for number in range(studies))
    return Course(
        tuple(
            replace(LINE, study=name, label=name, scores=(0.5, high, 0.5), best=(0.5, high, high))
            for name, high in zip(names, best, strict=True)
        )
    )


def _legend(figure) -> list[str]:
    return [trace.name for trace in figure.data if trace.showlegend is not False]


def test_a_few_studies_all_have_a_name() -> None:
    figure = history.draw(_course(9))
    assert len(_legend(figure)) == 9
    assert len({trace.line.color for trace in figure.data if trace.mode == "lines"}) == 9


def test_of_many_studies_the_best_have_a_name_and_the_others_stand_back() -> None:
    figure = history.draw(_course(12))
    named = [f"demo-{number} {50 + number}.0%" for number in range(7, 12)]
    assert _legend(figure) == [*named, "7 other studies"]
    others = [trace for trace in figure.data if trace.legendgroup == "others"]
    assert {trace.line.color for trace in others if trace.mode == "lines"} == {style.LIGHT.quiet}
    assert figure.data[0].legendgroup == "others"
    assert history.draw(_course(100)).layout.height == figure.layout.height < 1.3 * style.HEIGHT


def test_trials_are_counted_in_whole_numbers() -> None:
    assert history.draw_by_trial(Course((LINE,))).layout.xaxis.dtick == 1


@pytest.mark.parametrize("draw", [history.draw, history.draw_by_trial])
def test_equal_accuracies_do_not_stretch_the_axis(draw) -> None:
    line = replace(LINE, scores=(1.0, 1.0, 1.0), best=(1.0, 1.0, 1.0))
    low, high = draw(Course((line,))).layout.yaxis.range
    assert 0.9 < low < 0.96
    assert 1 < high < 1.01


def _study() -> StudyResult:
    return StudyResult(
        study="demo-grid",
        label="grid",
        strategy="grid",
        trials=2,
        complete=2,
        pruned=0,
        failed=0,
        best=0.8,
        median=0.7,
        best_trial=1,
        seconds=2.0,
        trials_to_best=2,
        seconds_to_best=2.0,
        stopped_because=None,
        scores=(0.6, 0.8),
    )


def test_a_study_without_a_finished_trial_keeps_its_row() -> None:
    known = _study()
    empty = replace(known, study="demo-tpe", label="tpe", strategy="tpe", best=None, scores=())
    figure = studies.draw(StudyComparison((known, empty)))
    crowd = studies.draw(StudyComparison((known,) * 12))
    assert figure.layout.height < crowd.layout.height < 500
    dots, median, best = figure.data
    assert (dots.x, median.x, best.x) == ((0.6, 0.8), (0.7,), (0.8,))
    assert figure.layout.yaxis.ticktext == ("grid", "tpe")
    assert _annotations(figure) == ["no finished trial"]


def test_of_very_many_studies_the_best_are_drawn_and_it_is_said() -> None:
    known = _study()
    empty = replace(known, study="empty", label="empty", best=None, scores=())
    many = tuple(
        replace(known, study=f"study {number}", label=f"study {number}", best=number / 1000)
        for number in range(300)
    )
    figure = studies.draw(StudyComparison((empty, *many)))
    assert list(figure.layout.yaxis.ticktext) == [f"study {number}" for number in range(260, 300)]
    assert figure.layout.height < 1_500
    assert figure.layout.xaxis.title.text.endswith("the best 40 of 301 studies")


def test_the_best_training_is_bold_and_drawn_last() -> None:
    pruned = replace(CURVE, state="PRUNED", number=4, validation_accuracy=(0.4, 0.5))
    figure = learning_curves.draw(LearningCurves((CURVE, pruned)))
    weak, best = figure.data
    assert best.line.width > weak.line.width
    assert weak.marker.symbol == "x-thin"
    assert (weak.showlegend, best.showlegend) == (False, True)
    assert _annotations(figure) == ["<b>70.0%</b>"]


def test_a_training_shows_accuracy_and_loss_of_both_splits() -> None:
    figure = learning_curves.draw_training(CURVE)
    assert [trace.y for trace in figure.data] == [(0.6, 0.8), (0.5, 0.7), (1.0, 0.5), (1.2, 0.9)]
    assert [trace.name for trace in figure.data if trace.showlegend] == ["Training", "Validation"]
    assert figure.layout.xaxis2.dtick == 1


def test_epochs_are_whole_numbers_and_accuracies_may_be_missing() -> None:
    curve = replace(CURVE, validation_accuracy=(float("nan"), float("nan")))
    figure = learning_curves.draw(LearningCurves((curve,)))
    assert figure.layout.xaxis.dtick == 1
    assert figure.layout.yaxis.range == pytest.approx((-0.06, 1.06))


def test_influences_too_small_to_read_are_left_out() -> None:
    influences = (
        Influence("svm.C", 0.7, 10.0),
        Influence("model", 0.298, "svm"),
        Influence("svm.k", 0.002, "rbf"),
    )
    groups = (ImportanceGroup(None, 20, influences), ImportanceGroup("cnn", 3, (), "8 trials are needed"))
    figure = importance.draw(Importance(groups))
    assert figure.data[0].text == ("70%", "30%")
    assert figure.data[0].marker.color == (style.colour("svm"), style.colour("model"))
    assert figure.layout.yaxis.ticktext == ("svm.C", "model")
    assert _annotations(figure) == [
        "<b>All models</b>, 20 trials",
        "<b>cnn</b>, 3 trials",
        "8 trials are needed",
    ]


def test_phases_are_shares_of_the_time_of_their_model() -> None:
    costs = PhaseCosts((ModelCost("svm", 3, 8.0, (("load", 2.0), ("fit", 6.0))),))
    figure = phase_costs.draw(costs)
    assert {trace.name: trace.x for trace in figure.data} == {"load": (0.25,), "fit": (0.75,)}
    assert _annotations(figure) == ["<b>svm</b>, 8.0 s in 3 trials"]


def test_trainings_that_took_no_time_have_shares_of_nothing() -> None:
    figure = phase_costs.draw(PhaseCosts((ModelCost("svm", 1, 0.0, (("fit", 0.0),)),)))
    assert figure.data[0].x == (0.0,)


def test_trials_on_the_front_stand_out() -> None:
    slow, fast = (TradeOffPoint("demo-grid", "grid", number, "svm", 9.0**number, 0.5) for number in (1, 0))
    figure = trade_off.draw(TradeOff((fast, slow), (fast,)))
    front, dots = figure.data
    assert (front.x, dots.x) == ((1.0,), (1.0, 9.0))
    assert dots.marker.size[0] > dots.marker.size[1]
    assert figure.layout.xaxis.type == "log"


def test_training_times_of_zero_need_a_linear_axis() -> None:
    points = tuple(TradeOffPoint("demo-grid", "grid", n, "svm", 50.0 * n, 0.5) for n in (0, 1))
    assert trade_off.draw(TradeOff(points, points[:1])).layout.xaxis.type == "linear"


def test_a_hyperparameter_that_a_trial_does_not_have_lies_below_its_axis() -> None:
    axis = Axis("gamma", ((0.0, "0.1"), (0.5, "0.2"), (1.0, "0.3")), (None, 1.0), (None, 0.3))
    figure = parallel.draw(Parallel("svm", (axis,), ("demo-grid",) * 2, (4, 7), (0.5, 0.9)))
    others, third, tenth = figure.data
    assert (others.y[0] < 0, others.y[1:]) == (True, (0, None))
    assert (third.y, tenth.y) == ((), (1, 1, None))
    assert tenth.text[0] == "<b>demo-grid #7</b>, 90.0%<br>gamma: 0.3"
    assert "none" in _annotations(figure)


def test_a_model_without_choices_says_so() -> None:
    figure = parallel.draw(Parallel("svm", (), ("demo-grid",), (0,), (0.5,)))
    (said,) = _annotations(figure)
    assert said.replace("<br>", " ") == "Every trial of svm had the same hyperparameters"


def test_confusions_are_shaded_by_share_and_labelled_by_count() -> None:
    figure = confusion_figure.draw(confusion([0, 0, 1], [0, 1, 1], ["cat", "<i>dog</i>"]))
    on_light, on_dark = figure.data
    assert [on_light.textfont.color, on_dark.textfont.color] == ["#000000", "#ffffff"]
    assert np.asarray(on_light.z).tolist() == [[0.5, 0.5], [0.0, None]]
    assert np.asarray(on_dark.z).tolist() == [[None, None], [None, 1.0]]
    assert np.asarray(on_light.text).tolist() == [["1", "1"], ["", ""]]
    assert np.asarray(on_dark.text).tolist() == [["", ""], ["", "1"]]
    assert figure.layout.xaxis.ticktext == ("cat", "&lt;i&gt;dog&lt;/i&gt;")


def test_very_many_classes_are_drawn_without_names() -> None:
    labels = np.arange(60)
    figure = confusion_figure.draw(confusion(labels, labels, [str(label) for label in labels]))
    assert figure.layout.xaxis.ticktext == ()
    assert figure.data[0].texttemplate is None


def test_without_predictions_there_is_a_sentence() -> None:
    assert _annotations(confusion_figure.draw(confusion([], [], ["cat", "dog"]))) == [
        "There are no predictions"
    ]


def test_counts_are_all_written_equally_large() -> None:
    figure = confusion_figure.draw(confusion([0] * 12 + [1, 1], [0] * 12 + [0, 1], ["cat", "dog"]))
    assert [heat.textfont.size for heat in figure.data] == [13, 13]


def test_a_strategy_is_a_line_within_a_band_of_its_studies() -> None:
    final = FinalScore("a", "run", 0.9, 2.0)
    curve = StrategyCurve("tpe", "tpe", (final, final), (1.0, 2.0), (0.5, 0.9), (0.4, 0.8), (0.6, 0.95))
    low, high, line = study_curves.draw(StudyCurves((curve,), "seconds")).data
    assert (low.y, high.y, line.y) == ((0.4, 0.8), (0.6, 0.95), (0.5, 0.9))
    assert high.fill == "tonexty"
    assert line.name == "tpe, 2 studies"
    (alone,) = study_curves.draw(StudyCurves((replace(curve, finals=(final,)),), "trials")).data
    assert alone.name == "tpe, 1 study"
    assert "No energy" in _annotations(study_curves.draw(StudyCurves((), "energy")))[0]


def test_of_very_many_hyperparameters_the_first_have_an_axis() -> None:
    axes = tuple(
        Axis(f"p{index}", ((0.0, "0"), (1.0, "1")), (0.0, 1.0), (0, 1), f"p{index}") for index in range(200)
    )
    figure = parallel.draw(Parallel("svm", axes, ("demo",) * 2, (0, 1), (0.5, 0.9)))
    assert len(figure.layout.meta["places"]) == 9
    assert "8 of 200 hyperparameters" in _annotations(figure)
    assert len(figure.to_json()) < 1e6


@pytest.mark.parametrize("choices", [2, 3, 4, 5, 7, 20])
def test_labels_of_hyperparameters_leave_room_for_one_another(choices: int) -> None:
    names = [f"a long name {index}" for index in range(choices)]
    places = [index / (choices - 1) for index in range(choices)]
    axes = tuple(
        Axis(key, tuple(zip(places, names, strict=True)), (0.0, 1.0), (names[0], names[-1]), key)
        for key in "ab"
    )
    figure = slices.draw(Parallel("svm", axes, ("demo",) * 2, (0, 1), (0.5, 0.9)))
    width = figure.layout.meta["min_width"] - 60  # what labels of the scores take
    spans = []
    for axis in (figure.layout.xaxis, figure.layout.xaxis2):
        (left, right), (low, high) = axis.domain, axis.range
        for at, text in zip(axis.tickvals, axis.ticktext, strict=True):
            middle = (left + (right - left) * (at - low) / (high - low)) * width
            spans.append((middle - 3 * len(text), middle + 3 * len(text)))  # a letter is six pixels wide
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


def test_a_trial_is_a_bar_as_thick_as_any_other() -> None:
    bars = [TimelineBar("demo", index, state, index, 1.0) for index, state in enumerate(["COMPLETE", "FAIL"])]
    rows = [TimelineRow(f"worker {index}", 1, 1.0, (bar,), ()) for index, bar in enumerate([*bars, *bars])]
    figure = timeline.draw(Timeline(tuple(rows), 4.0))
    # Of workers 0 and 2, and of 1 and 3: left alone, plotly makes them reach over those between.
    assert [list(bar.y) for bar in figure.data] == [[0, 2], [1, 3]]
    assert {bar.width for bar in figure.data} == {0.75}
