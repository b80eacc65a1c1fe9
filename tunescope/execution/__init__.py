"""Where trials run: worker processes on this machine."""

from tunescope.execution.messages import (
    Assignment,
    EpochEnded,
    TrialEnded,
    TrialFailed,
    TrialMessage,
    Workbench,
)
from tunescope.execution.workers import Workers, warm_up

__all__ = [
    "Assignment",
    "EpochEnded",
    "TrialEnded",
    "TrialFailed",
    "TrialMessage",
    "Workbench",
    "Workers",
    "warm_up",
]
