"""Which operators a training spends its time in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.autograd.profiler_util import FunctionEventAvg

# The first step is no example, as it pays for setting up. Each call of an operator is kept until the profile
# is read, and a few steps tell as much as all of them.
UNHEARD, HEARD = 1, 20


class OperatorProfile:
    """Listens from the second training step to the 21st, or until it is closed; that slows these steps."""

    def __init__(self, device: str) -> None:
        from torch.profiler import ProfilerActivity, profile

        self._on_gpu = device.startswith("cuda")
        activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * self._on_gpu
        self._profile = profile(activities=activities, acc_events=True)
        self._steps, self._is_open = 0, False

    def step(self) -> None:
        """Tell that a training step has ended."""
        self._steps += 1
        if self._steps == UNHEARD:
            self._profile.start()
            self._is_open = True
        elif self._steps == UNHEARD + HEARD:
            self.close()

    def close(self) -> None:
        """Stop listening; nothing happens when it does not listen."""
        if self._is_open:
            self._is_open = False
            self._profile.stop()

    def top(self, count: int = 10) -> list[dict[str, Any]]:
        """The costliest operators, the dearest first.

        Returns:
            Up to ``count`` dictionaries: ``name``, ``calls``, ``seconds`` spent in the operator itself and
            not in others that it calls (of the GPU, where there is one), and ``share`` of the seconds of all.
            Empty before the first step has ended.
        """
        self.close()
        if self._steps < UNHEARD:
            return []
        found = [(each, self._seconds(each)) for each in self._profile.key_averages()]
        whole = sum(seconds for _, seconds in found)
        costliest = sorted(found, key=lambda pair: -pair[1])[:count]
        return [
            {"name": each.key, "calls": each.count, "seconds": seconds, "share": seconds / whole}
            for each, seconds in costliest
            if seconds
        ]

    def _seconds(self, event: "FunctionEventAvg") -> float:
        return float(event.self_device_time_total if self._on_gpu else event.self_cpu_time_total) / 1e6


class NoProfile:
    """Stands where no profile was asked for."""

    def step(self) -> None:
        """Nothing to count."""

    def top(self, count: int = 10) -> list[dict[str, Any]]:
        """Nothing to tell."""
        return []


@contextmanager
def operator_profile(enabled: bool, device: str) -> Iterator[OperatorProfile | NoProfile]:
    """Profile the operators of the first training steps inside the ``with`` block, which tells of each.

    Args:
        enabled: whether to.
        device: ``cpu`` or a CUDA device.
    """
    if not enabled:
        yield NoProfile()
        return
    profile = OperatorProfile(device)
    try:
        yield profile
    finally:
        profile.close()
