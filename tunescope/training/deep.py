"""Training of deep models."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from tunescope.models import Model
from tunescope.timing import PhaseClock
from tunescope.timing.energy import EnergyMeter
from tunescope.timing.operators import operator_profile
from tunescope.timing.peak import measured_bandwidth, measured_peak
from tunescope.timing.work import Work, forward_work
from tunescope.training.faults import ran_out_of_memory
from tunescope.training.loop import Loop
from tunescope.training.memory import peak_memory, reset_peak_memory
from tunescope.training.outcome import Costs, Trained
from tunescope.training.precision import Precision, chosen_precision
from tunescope.training.setting import Setting
from tunescope.training.task import make_task

# What a training image goes through: its throughput is about the time of these.
PHASES_OF_A_STEP = ("load", "augment", "forward", "backward", "optimizer")


def train_deep(model: Model, hyperparameters: Mapping[str, Any], setting: Setting) -> Trained:
    """Train a network on the training split; see :func:`tunescope.training.train`.

    The weights that are kept are those of the epoch with the best validation accuracy, and of these the one
    with the lowest validation loss; of the epochs so far, when it is stopped after the first.
    """
    begun, clock = time.perf_counter(), PhaseClock(setting.device)
    with _seeded(setting), clock.phase("other"):
        energy = EnergyMeter(setting.device)
        with clock.phase("prepare"):
            torch.set_num_threads(setting.threads)
            precision = chosen_precision(setting.options.precision, setting.device)
            peak = measured_peak(setting.device, precision, setting.threads)
            bandwidth = _bandwidth(setting)
            reset_peak_memory(setting.device)
            loop = _loop(model, hyperparameters, setting, precision, clock)
        with operator_profile(setting.options.profile, setting.device) as profile:
            best = loop.run(profile.step)
        joules, memory = energy.joules(), peak_memory(setting.device)
        with clock.phase("prepare"):
            work = _work(loop)
    seconds = loop.seconds_before + time.perf_counter() - begun
    costs = Costs(
        device=setting.device,
        precision=loop.precision,
        flops_per_image=work.flops if work else None,
        peak_flops=peak,
        bytes_per_image=work.traffic if work else None,
        peak_bandwidth=bandwidth,
        energy_joules=joules,
        device_memory_bytes=memory.device_bytes,
        batch_size=loop.batches.size,
        micro_batch=loop.progress.piece,
        operators=profile.top() if setting.options.profile else None,
    )
    return Trained(
        predictor=loop.task.predictor,
        validation_probabilities=best.probabilities,
        scores=best.scores,
        phases=clock.seconds,
        seconds=seconds,
        images_per_second=_images_per_second(loop),
        peak_memory_bytes=memory.host_bytes,
        weights=sum(one.numel() for one in loop.learner.parameters() if one.requires_grad),
        costs=costs,
        notes=_notes(model, loop),
    )


def _loop(
    model: Model,
    hyperparameters: Mapping[str, Any],
    setting: Setting,
    precision: Precision,
    clock: PhaseClock,
) -> Loop:
    draws = torch.Generator().manual_seed(setting.seed)
    task = make_task(model, hyperparameters, setting, draws)
    return Loop(task, hyperparameters, setting, precision, draws, clock)


@contextmanager
def _seeded(setting: Setting) -> Iterator[None]:
    """Whatever is drawn inside follows from the seed, and changes nothing outside."""
    devices = [setting.device] if setting.device.startswith("cuda") else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(setting.seed)
        yield


def _bandwidth(setting: Setting) -> float | None:
    """Unknown where there is no memory to spare for the copy: a small network may learn all the same."""
    try:
        return measured_bandwidth(setting.device, setting.threads)
    except (RuntimeError, MemoryError) as error:
        if not ran_out_of_memory(error):
            raise
        return None


def _work(loop: Loop) -> Work | None:
    """Of one image's forward pass through what learns; only now it is known how many went together."""
    row = loop.task.prepare(torch.from_numpy(loop.task.inputs[:1].copy()).to(loop.setting.device))
    return forward_work(loop.learner, tuple(row.shape[1:]), loop.progress.piece, loop.precision)


def _images_per_second(loop: Loop) -> float:
    """Of training steps, warm-up apart; of all steps when there was nothing but warm-up."""
    seconds = loop.clock.seconds
    if loop.progress.timed_images:
        return loop.progress.timed_images / sum(seconds.get(phase, 0.0) for phase in PHASES_OF_A_STEP)
    return loop.batches.size / seconds[loop.first_step]


def _notes(model: Model, loop: Loop) -> tuple[str, ...]:
    """What was adapted for this configuration, in sentences."""
    notes = list(model.notes(loop.hyperparameters, loop.dataset.image_shape)) if model.notes else []
    if loop.learner is not loop.task.predictor.module:
        notes.append("Only the head learns: what the frozen network makes of the images is computed once.")
    if loop.progress.piece < loop.batches.size:
        notes.append(
            f"Memory ran out: batches of {loop.batches.size} images went through the network "
            f"{loop.progress.piece} at a time, their gradients added up."
        )
    return tuple(notes)
