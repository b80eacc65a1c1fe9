"""What lies on disk of an unfinished training, so that another process can go on with it exactly."""

import hashlib
import json
import os
import pickle
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from tunescope.training.loop import Loop

VERSION = 1
DAMAGE = (OSError, ValueError, RuntimeError, LookupError, TypeError, EOFError, pickle.UnpicklingError)


class Checkpoint:
    """A file that is replaced whole after each epoch, and is gone when the training is over.

    It holds weights, their average, the optimizer, every generator, the best epoch and what was measured. A
    file of another configuration, dataset, seed or version is passed over, and so is a damaged one: training
    then begins at the beginning.
    """

    def __init__(self, path: Path | None, loop: "Loop") -> None:
        self._path, self._loop = path, loop

    @classmethod
    def of(cls, loop: "Loop") -> "Checkpoint":
        """The one that the setting of a training names; without a name nothing is written."""
        return cls(loop.setting.checkpoint, loop)

    def write(self) -> None:
        """Write how things stand at the end of an epoch."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".part")
        torch.save(self._state(), unfinished)
        os.replace(unfinished, self._path)

    def restore(self) -> None:
        """Bring the training to where the file left it, if there is one that fits."""
        if self._path is None or not self._path.exists():
            return
        try:
            state = torch.load(self._path, map_location=self._loop.setting.device, weights_only=True)
        except DAMAGE:
            return
        if state.get("of") == self._identity():
            self._take_over(state)

    def delete(self) -> None:
        """Leave nothing of a training that is over."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _state(self) -> dict[str, Any]:
        loop, best = self._loop, self._loop.best
        assert best is not None  # it is written after an epoch
        return {
            "of": self._identity(),
            "learner": loop.learner.state_dict(),
            "optimizer": loop.optimizer.state_dict(),
            "average": None if loop.average is None else loop.average.state_dict(),
            "progress": loop.progress.to_dict(),
            "precision": loop.precision,
            "best": {
                "weights": dict(best.weights),
                "probabilities": torch.from_numpy(best.probabilities),
                "scores": dict(best.scores),
            },
            "generators": self._generators(),
            "phases": loop.clock.seconds,
        }

    def _take_over(self, state: dict[str, Any]) -> None:
        from tunescope.training.loop import Best, Progress  # here, because the loop imports this module

        loop, best = self._loop, state["best"]
        loop.learner.load_state_dict(state["learner"])
        loop.optimizer.load_state_dict(state["optimizer"])
        if loop.average is not None:
            loop.average.load_state_dict(state["average"])
        loop.progress = Progress.from_dict(state["progress"])
        loop.precision = state["precision"]
        loop.best = Best(best["weights"], best["probabilities"].cpu().numpy(), best["scores"])
        loop.clock.restore(state["phases"])
        loop.seconds_before = sum(state["phases"].values())
        self._restore_generators(state["generators"])

    def _generators(self) -> dict[str, Any]:
        device = self._loop.setting.device
        on_gpu = torch.cuda.get_rng_state(device) if device.startswith("cuda") else None
        return {"draws": self._loop.draws.get_state(), "torch": torch.get_rng_state(), "cuda": on_gpu}

    def _restore_generators(self, states: dict[str, Any]) -> None:
        self._loop.draws.set_state(states["draws"].cpu())
        torch.set_rng_state(states["torch"].cpu())
        if states["cuda"] is not None:
            torch.cuda.set_rng_state(states["cuda"].cpu(), self._loop.setting.device)

    def _identity(self) -> str:
        """What must be the same for a training to go on."""
        loop, setting = self._loop, self._loop.setting
        about = [
            VERSION,
            torch.__version__,
            loop.task.predictor.identity.to_dict(),
            setting.dataset.fingerprint,
            setting.dataset.view,
            setting.seed,
            setting.device.partition(":")[0],
            setting.options.model_dump(mode="json", include={"precision", "compile", "weights"}),
        ]
        return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
