"""Timing over many runs: machines, speed, roofs, money and slow trials, exactly."""

import numpy as np
import pandas as pd
import pytest

from tunescope.analysis.costs import latency_trade_off
from tunescope.analysis.measures import MEASURES
from tunescope.analysis.timing_machines import UNKNOWN, MachinePair, machine_of, machines, with_machines
from tunescope.analysis.timing_outliers import outliers
from tunescope.analysis.timing_roofline import Roof, roofline
from tunescope.analysis.timing_speed import memory_use, step_costs, throughput, utilisation_use
from tunescope.analysis.timing_spending import Rates, spending

EPYC = {"cpu": "AMD EPYC 7B13 64-Core Processor", "cores": 2, "gpus": [{"name": "NVIDIA T4"}]}
TIMINGS = ["trial_id", "phase", "seconds"]


def _trials(*rows: dict[str, object], **shared: object) -> pd.DataFrame:
    """Trials with machines; each is of a CNN on one machine unless it says otherwise."""
    usual = {
        "study": "signs-tpe",
        "run_id": "signs",
        "dataset": "signs",
        "strategy": "tpe",
        "state": "COMPLETE",
        "model": "cnn",
        "machine": "here",
        "device": "cpu",
        "precision": "float32",
        "batch_size": 32.0,
        "seconds": 10.0,
        "images_per_second": 100.0,
        "validation_accuracy": 0.5,
    }
    filled = [{"trial_id": 7 + i, "number": i, **usual, **shared, **row} for i, row in enumerate(rows)]
    columns = ["energy_joules", "peak_memory_bytes", "device_memory_bytes", "flops_per_image", "peak_flops"]
    frame = pd.DataFrame(filled)
    return frame.reindex(columns=[*frame.columns, *(one for one in columns if one not in frame)])


def _timings(*rows: tuple[int, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=TIMINGS)


@pytest.mark.parametrize(
    ("device", "manifest", "name"),
    [
        ("cpu", EPYC, "AMD EPYC 7B13, 2 cores"),
        (None, EPYC, "AMD EPYC 7B13, 2 cores"),
        (float("nan"), {"cpu": "Intel(R) Xeon(R) CPU @ 2.20GHz", "cores": 8}, "Intel Xeon, 8 cores"),
        ("cuda", EPYC, "NVIDIA T4"),
        ("cuda:1", EPYC, "a GPU"),
        ("cuda:0", {}, "a GPU"),
        ("cpu", {}, UNKNOWN),
    ],
)
def test_a_machine_is_called_by_what_the_trial_ran_on(device: object, manifest: dict, name: str) -> None:
    assert machine_of(device, manifest) == name


def test_each_trial_gets_the_machine_of_its_run() -> None:
    trials = _trials({"run_id": "a"}, {"run_id": "b"}, {"run_id": None}, {"run_id": "a", "device": "cuda:0"})
    found = with_machines(trials.drop(columns="machine"), {"a": EPYC})
    assert found["machine"].tolist() == ["AMD EPYC 7B13, 2 cores", UNKNOWN, UNKNOWN, "NVIDIA T4"]


def test_machines_are_compared_by_what_both_trained() -> None:
    trials = _trials(
        {"images_per_second": 100.0},
        {"images_per_second": 400.0, "machine": "there", "energy_joules": 500.0},
        {"images_per_second": 10.0, "batch_size": 64.0},
        {"images_per_second": 90.0, "batch_size": 64.0, "machine": "there"},
        {"images_per_second": 1e9, "batch_size": 128.0, "machine": "there"},
        {"images_per_second": 1e9, "machine": UNKNOWN},
    )
    found = machines(trials)
    (pair,) = found.pairs
    assert pair == MachinePair("here", "there", 2, pytest.approx(6.0), pytest.approx(4.0), pytest.approx(9.0))
    assert [use.machine for use in found.used] == ["there", "here", UNKNOWN]
    assert found.used[0].watts == 50.0
    assert found.used[1].watts is None


def test_the_phases_of_a_step_add_up_to_the_time_of_a_batch() -> None:
    trials = _trials({"images_per_second": 100.0}, {"images_per_second": 100.0}, {"batch_size": np.nan})
    timings = _timings(
        (7, "forward", 1.0),
        (7, "backward", 3.0),
        (8, "backward", 4.0),
        (8, "evaluate", 50.0),
        (9, "fit", 1.0),
    )
    (step,) = step_costs(timings, trials).steps
    assert (step.batch, step.trials, step.milliseconds) == (32, 2, pytest.approx(320.0))
    assert dict(step.phases) == {"forward": pytest.approx(40.0), "backward": pytest.approx(280.0)}


def test_groups_that_are_too_many_are_counted() -> None:
    trials = _trials(*({"model": f"m{index}"} for index in range(9)))
    timings = _timings(*((7 + index, "forward", 1.0) for index in range(9)))
    assert step_costs(timings, trials, most=4).left_out == 5
    assert throughput(trials, most=4).left_out == 5
    assert memory_use(trials.assign(peak_memory_bytes=1e6), most=4).left_out == 5


def test_speed_is_the_median_by_batch_size() -> None:
    speeds = [(64, 10.0), (64, 20.0), (64, 40.0), (8, 5.0), (8, np.inf)]
    trials = _trials(*({"batch_size": size, "images_per_second": speed} for size, speed in speeds))
    (line,) = throughput(trials).lines
    assert line.points == ((8, 5.0, 5.0, 5.0, 1), (64, 20.0, 15.0, 30.0, 3))


def test_memory_is_that_of_the_gpu_where_there_is_one() -> None:
    trials = _trials(
        {"peak_memory_bytes": 5e9, "device_memory_bytes": 1e9, "machine": "gpu"}, {"peak_memory_bytes": 2e9}
    )
    assert {row.machine: row.quartiles[2] for row in memory_use(trials).rows} == {"gpu": 1e9, "here": 2e9}


def test_utilisation_is_three_passes_over_the_peak() -> None:
    trials = _trials({"flops_per_image": 1e6, "peak_flops": 1e9}, {"flops_per_image": 1e6, "peak_flops": 0.0})
    (row,) = utilisation_use(trials).rows
    assert (row.trials, row.quartiles[2]) == (1, pytest.approx(0.3))


def test_a_roof_is_the_lower_of_memory_and_arithmetic() -> None:
    roof = Roof("here", "float32", 1e9, 1e8)
    assert roof.ridge == 10.0
    assert [roof.at(one) for one in (1.0, 10.0, 100.0)] == [1e8, 1e9, 1e9]


def test_a_training_stands_under_its_roof() -> None:
    known = {"flops_per_image": 1e6, "peak_flops": 1e9, "bytes_per_image": 2e5, "peak_bandwidth": 1e8}
    found = roofline(_trials(known, {**known, "bytes_per_image": np.nan}, {**known, "peak_bandwidth": 0.0}))
    (point,) = found.points
    assert (point.number, point.intensity, point.reached) == (0, 5.0, pytest.approx(3e8))
    assert point.share == pytest.approx(0.6)
    assert found.roofs == (Roof("here", "float32", 1e9, 1e8),)
    assert len(roofline(_trials(*[known] * 30), limit=10).points) == 10


def test_a_store_without_traffic_has_no_roofline() -> None:
    assert roofline(_trials({})).points == ()


def test_money_is_hours_and_kilowatt_hours() -> None:
    trials = _trials(
        {"seconds": 1800.0, "energy_joules": 3.6e6, "validation_accuracy": 0.7},
        {"seconds": 3600.0, "validation_accuracy": 0.9},
        {"seconds": np.nan, "model": "svm", "state": "FAIL"},
    )
    found = spending(trials, Rates(hour=2.0, kilowatt_hour=0.5, watts=100.0))
    cnn, svm = found.groups
    assert cnn.watt_hours == pytest.approx(1000.0 + 100.0)
    assert cnn.money == pytest.approx(1.5 * 2.0 + 1.1 * 0.5)
    assert cnn.assumed == pytest.approx(2 / 3)
    assert (cnn.best, cnn.best_money) == (0.9, pytest.approx(2.05))
    assert (svm.seconds, svm.best, svm.best_money) == (0.0, None, None)
    assert found.whole.trials == 3


def test_energy_that_nobody_measured_is_not_invented() -> None:
    assert spending(_trials({}), Rates(hour=1.0)).whole.watt_hours is None


def test_the_best_of_a_minimized_measure_is_the_lowest() -> None:
    trials = _trials({"log_loss": -0.2}, {"log_loss": 0.9}, {"log_loss": 0.1, "state": "PRUNED"})
    assert spending(trials, Rates(), measure=MEASURES["log_loss"]).whole.best == -0.2


def test_a_slow_trial_is_found_and_explained() -> None:
    rows = [{"seconds": 10.0 + index % 3, "epochs": 2.0} for index in range(12)]
    slow = {"seconds": 40.0, "epochs": 2.0, "flops_per_image": 3e6, "notes": ["Memory ran out."]}
    trials = _trials(*rows, slow, {"model": "svm", "seconds": 900.0, "batch_size": np.nan})
    trials["flops_per_image"] = trials["flops_per_image"].fillna(1e6)
    timings = _timings(
        *((7 + index, "forward", 10.0) for index in range(12)), (19, "forward", 12.0), (19, "load", 20.0)
    )
    found = outliers(trials, timings)
    (one,) = found.shown
    assert (one.number, one.peers, one.is_epoch, one.seconds) == (12, 13, True, 20.0)
    assert one.ratio == pytest.approx(40 / 11)
    assert (one.phase, one.phase_share) == ("load", pytest.approx(10 / 11))
    assert (one.work, one.peak, one.notes) == (pytest.approx(3.0), None, ("Memory ran out.",))
    assert (found.found, found.looked_at) == (1, 13)


def test_trials_of_another_kind_are_no_outliers() -> None:
    fast = [{"seconds": 1.0} for _ in range(9)]
    large = [{"seconds": 50.0, "batch_size": 8.0} for _ in range(9)]
    assert outliers(_trials(*fast, *large), _timings()).shown == ()


def test_few_peers_tell_nothing() -> None:
    found = outliers(_trials(*[{"seconds": 1.0}] * 6, {"seconds": 99.0}), _timings())
    assert (found.shown, found.looked_at) == ((), 0)


def test_latency_is_an_objective_or_was_benchmarked() -> None:
    trials = _trials({"values": [0.9, 3.0]}, {"study": "other", "values": [0.8]}, {"values": [0.7]})
    studies = pd.DataFrame({"study": ["signs-tpe", "other"], "objective": ["accuracy+latency", None]})
    benchmarks = pd.DataFrame({"trial_id": [7, 8], "latency_ms": [99.0, 5.0]})
    found = latency_trade_off(trials, studies, benchmarks)
    assert [(point.number, point.seconds) for point in found.points] == [(0, 3.0), (1, 5.0)]
