"""Distributions, timelines and planes of hyperparameters, exactly."""

import pytest

from tunescope.analysis.distribution import distribution
from tunescope.analysis.landscape import landscape
from tunescope.analysis.measures import MEASURES, measure_for
from tunescope.analysis.timeline import TimelineBar, timeline


def test_a_distribution_says_which_share_scores_no_more(make_trials) -> None:
    trials = make_trials(*({"validation_accuracy": score} for score in (0.9, 0.5, 0.7, 0.7)))
    (line,) = distribution(trials).lines
    assert (line.label, line.trials) == ("grid", 4)
    assert line.scores == (0.5, 0.7, 0.7, 0.9)
    assert line.shares == (0.25, 0.5, 0.75, 1.0)


def test_many_studies_are_gathered_by_strategy(make_trials) -> None:
    trials = make_trials(
        *(
            {"validation_accuracy": 0.5, "study": f"s{index}", "strategy": "tpe" if index % 2 else None}
            for index in range(12)
        )
    )
    assert {(one.label, one.trials) for one in distribution(trials).lines} == {
        ("tpe", 6),
        ("without a strategy", 6),
    }


def test_a_timeline_lays_trials_out_by_worker(make_trials) -> None:
    trials = make_trials(
        {"start": 10, "end": 14}, {"start": 12, "end": 13}, {"start": 16, "end": 20}, {"end": None}
    ).assign(worker=[0, 1, 0, 1])
    found = timeline(trials)
    first, second = found.rows
    assert (first.worker, first.trials, first.busy) == ("worker 0", 2, 0.8)
    assert first.bars[1] == TimelineBar("demo-grid", 2, "COMPLETE", 6.0, 4.0)
    assert (second.worker, second.trials) == ("worker 1", 1)
    assert found.seconds == 10.0


def test_runs_of_different_days_begin_at_the_same_place(make_trials) -> None:
    trials = make_trials({"start": 0, "end": 4}, {"start": 90_000, "end": 90_003}).assign(worker=0)
    found = timeline(trials.assign(run_id=["a", "b"]))
    assert [row.worker for row in found.rows] == ["worker 0 a", "worker 0 b"]
    assert [row.bars[0].begun for row in found.rows] == [0.0, 0.0]
    assert (found.seconds, found.origin) == (4.0, "run")
    plain = timeline(trials.assign(run_id=None, worker=None, study=["a", "b"]))
    assert (plain.seconds, plain.origin) == (4.0, "study")
    assert timeline(trials).origin == ""


def test_of_very_many_trials_a_timeline_keeps_how_busy_workers_were(make_trials) -> None:
    rows = [{"start": 2 * index, "end": 2 * index + 1} for index in range(8)]
    (row,) = timeline(make_trials(*rows).assign(worker=0), limit=4, slices=15).rows
    assert row.bars == ()
    assert row.shares == pytest.approx([1, 0] * 7 + [1])


def _planes(make_trials, scores: tuple[float, ...], **options):
    rows = [
        {
            "validation_accuracy": score,
            "log_loss": 1 - score,
            "params": {"model": "svm", "svm.a": float(index % 3), "svm.b": "xy"[index % 2]},
        }
        for index, score in enumerate(scores)
    ]
    trials = make_trials(*rows).assign(log_loss=[row["log_loss"] for row in rows])
    return landscape(trials, ("svm.a", "svm.b"), **options)


def test_a_plane_gathers_trials_in_cells(make_trials) -> None:
    found = _planes(make_trials, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.3))
    assert (found.x.key, found.y.key) == ("svm.a", "svm.b")
    cell = next(one for one in found.cells if (one.x, one.y) == (0.0, 0.0))
    assert (cell.trials, cell.best) == (2, 0.3)
    assert cell.mean == pytest.approx(0.2)
    assert sum(one.trials for one in found.cells) == 7


def test_the_best_of_a_loss_is_the_lowest(make_trials) -> None:
    found = _planes(make_trials, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.3), measure=MEASURES["log_loss"])
    assert found.scores[-1] == min(found.scores)
    assert next(one for one in found.cells if (one.x, one.y) == (0.0, 0.0)).best == 0.7


def test_one_hyperparameter_makes_no_plane(make_trials) -> None:
    trials = make_trials(
        *({"validation_accuracy": 0.5, "params": {"model": "svm", "svm.a": value}} for value in (1.0, 2.0))
    )
    assert landscape(trials).x is None
    assert landscape(make_trials()).model is None


def test_a_plain_study_is_measured_by_its_value_in_its_own_direction(make_trials, make_studies) -> None:
    plain = make_trials({}, {}).assign(value=[1.0, 2.0])
    studies = make_studies().assign(directions=[])
    down = studies.reindex(range(2)).assign(directions=[["minimize"], ["minimize", "maximize"]])
    assert measure_for(plain, down).maximize is False
    assert measure_for(plain, down).column == "value"
    assert measure_for(make_trials({"validation_accuracy": 0.5}), down).name == "accuracy"
    assert measure_for(plain, down, "log_loss") is MEASURES["log_loss"]
    with pytest.raises(KeyError):
        measure_for(plain, down, "beauty")


def test_of_very_many_strategies_those_with_most_trials_have_a_line(make_trials) -> None:
    rows = [
        {"study": f"s{index}", "strategy": f"strategy {index}", "validation_accuracy": 0.5}
        for index in range(12)
        for _ in range(1 + (index < 4))
    ]
    found = distribution(make_trials(*rows), most=4)
    assert [line.label for line in found.lines] == [f"strategy {index}" for index in range(4)]


def test_two_hyperparameters_that_exclude_each_other_make_no_plane(make_trials) -> None:
    rates = [
        {"svm.rate" if index % 2 else "svm.other_rate": float(index), "svm.c": float(index % 5)}
        for index in range(40)
    ]
    trials = make_trials(
        *(
            {"validation_accuracy": 0.5 + 0.01 * index, "params": {"model": "svm", **rate}}
            for index, rate in enumerate(rates)
        )
    )
    found = landscape(trials)
    assert found.x is not None
    assert found.y is not None
    assert {found.x.key, found.y.key} & {"svm.c"}
    alone = landscape(
        trials.assign(
            params=[{"model": "svm", **{k: v for k, v in one.items() if k != "svm.c"}} for one in rates]
        )
    )
    assert (alone.model, alone.x, alone.y) == ("svm", None, None)
    assert found.numbers
