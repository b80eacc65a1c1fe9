"""What the page of a trial says of its costs."""

from typing import Any

import optuna
import pytest

from dashboard.components import trial_costs
from dashboard.reading import records
from tunescope.store import Store, frames
from tunescope.store import trials as trial_rows

COSTS = {
    "device": "cuda:0",
    "precision": "bfloat16",
    "batch_size": 128,
    "micro_batch": 32,
    "images_per_second": 2000.0,
    "flops_per_image": 2_000_000_000,
    "peak_flops": 40e12,
    "energy_joules": 5123.0,
    "peak_memory_bytes": 412_000_000,
    "device_memory_bytes": 6_400_000_000,
}


def row_of(store: Store, phases: dict[str, float] | None = None, **columns: Any) -> dict[str, Any]:
    """The row of a trial with these costs, as the page reads it; a second trial has others."""
    study = optuna.create_study(storage=store.storage, direction="maximize")
    trial, other = study.ask(), study.ask()
    for each in (trial, other):
        trial_rows.enter_trial(store, each._trial_id, worker=0)
    trial_rows.enter_outcome(store, trial._trial_id, phases, **{"reason": None, **columns})
    trial_rows.enter_outcome(store, other._trial_id, {"fit": 99.0}, notes=["other"])
    return records(frames.trials_frame(store))[0]


def shown(part: Any) -> str:
    """The text of a part, in reading order."""
    if part is None or isinstance(part, str | int | float):
        return "" if part is None else str(part)
    if isinstance(part, list | tuple):
        return " | ".join(filter(None, map(shown, part)))
    return shown(getattr(part, "children", None))


def test_phases_stand_by_their_share_of_the_time_after_the_warm_up(store: Store) -> None:
    phases = {"warm_up": 2.0, "forward": 2.4, "load": 0.012, "backward": 5.5, "other": 0.088}
    row = row_of(store, phases, seconds=10.0)
    text = shown(trial_costs.time_spent(row, frames.timings_frame(store)))
    assert "after the warm-up of 2.0 s" in text
    rows = [text.index(phase) for phase in ("| backward |", "| forward |", "| other |", "| load |")]
    assert rows == sorted(rows)
    assert "gradients are computed | 5.5 s | 69%" in text
    assert "are fetched | 12 ms | 0%" in text
    assert "fit" not in text  # of another trial


def test_without_a_warm_up_nothing_is_said_of_it(store: Store) -> None:
    row = row_of(store, {"fit": 3.0, "evaluate": 1.0}, seconds=4.0)
    text = shown(trial_costs.time_spent(row, frames.timings_frame(store)))
    assert "warm-up" not in text
    assert "75%" in text


def test_a_phase_that_this_version_does_not_know_is_shown_by_its_name(store: Store) -> None:
    row = row_of(store, {"deep_thought": 3.0}, seconds=3.0)
    assert "deep-thought | 3.0 s | 100%" in shown(trial_costs.time_spent(row, frames.timings_frame(store)))


def test_the_use_of_a_machine_is_shown_with_what_it_means(store: Store) -> None:
    text = shown(trial_costs.machine(row_of(store, **COSTS)))
    for fact in (
        "Device | cuda:0, bfloat16",
        "Batch | 128 images, 32 at a time",
        "Images a second | 2,000",
        "Memory of the process | 412 MB",
        "Memory of the GPU | 6.4 GB",
        "Forward pass of an image | 2 GFLOP",
        "Training computed | 12 TFLOP/s",
        "Peak of the device | 40 TFLOP/s",
        "Utilisation | 30.0%",
        "Energy of the GPU | 5.12 kJ",
        "three forward passes an image",
    ):
        assert fact in text


def test_a_batch_that_went_through_in_one_piece_is_one_number(store: Store) -> None:
    text = shown(trial_costs.machine(row_of(store, batch_size=64, micro_batch=64)))
    assert "64 images" in text
    assert "at a time" not in text


def test_of_a_shallow_model_only_what_was_measured_is_shown(store: Store) -> None:
    row = row_of(store, images_per_second=0.4321, peak_memory_bytes=412_000_000)
    assert shown(trial_costs.machine(row)) == "Images a second | 0.432 | Memory of the process | 412 MB"


@pytest.mark.parametrize(
    ("state", "text"),
    [("RUNNING", "Known when the training has ended."), ("FAIL", "Nothing was measured.")],
)
def test_a_trial_without_figures_says_why(store: Store, state: str, text: str) -> None:
    row = {**row_of(store), "state": state}
    assert shown(trial_costs.machine(row)) == text
    assert trial_costs.operators(row) is None
    assert trial_costs.adaptations(row["notes"]) is None


def test_a_trial_without_timings_says_so(store: Store) -> None:
    row = {**row_of(store), "state": "COMPLETE"}
    assert shown(trial_costs.time_spent(row, frames.timings_frame(store))) == "No phase was timed."


def test_operators_stand_in_a_table_when_a_profile_was_asked_for(store: Store) -> None:
    operator = {"name": "aten::mm", "calls": 1200, "seconds": 0.0456, "share": 0.25}
    assert "aten::mm | 1,200 | 46 ms | 25%" in shown(
        trial_costs.operators(row_of(store, operators=[operator]))
    )


def test_what_was_adapted_is_said_in_sentences(store: Store) -> None:
    row = row_of(store, notes=["1 channel is shown to the network as 3", "Images are enlarged."])
    assert shown(trial_costs.adaptations(row["notes"])) == " | ".join(row["notes"])
