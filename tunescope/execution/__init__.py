"""Where trials run: worker processes on this machine."""

from tunescope.execution.messages import (
    Assignment,
    EpochEnded,
    StepScored,
    TrialEnded,
    TrialFailed,
    TrialMessage,
    Workbench,
)
from tunescope.execution.slots import default_workers, device_of, workers_of
from tunescope.execution.workers import Workers, warm_up

__all__ = [
    "Assignment",
    "EpochEnded",
    "StepScored",
    "TrialEnded",
    "TrialFailed",
    "TrialMessage",
    "Workbench",
    "Workers",
    "default_workers",
    "device_of",
    "warm_up",
    "workers_of",
]
