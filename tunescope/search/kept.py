"""Which trained models stay on disk: those that can still win."""

import bisect
import shutil
from pathlib import Path

_KEPT = 3
# Predictions on the validation split are small, and analyses of every trial read them.
_ALWAYS_KEPT = {"validation.npz"}

Rank = tuple[float, float, float]


class KeptModels:
    """The best few models of a study; the files of a beaten one are deleted."""

    def __init__(self) -> None:
        self._best: list[tuple[Rank, Path]] = []

    def offer(self, rank: Rank, folder: Path) -> None:
        """Take in a finished trial, and delete the model that is beaten by it, if any."""
        bisect.insort(self._best, (rank, folder))
        for _, beaten in self._best[_KEPT:]:
            delete_model(beaten)
        del self._best[_KEPT:]


def delete_model(folder: Path) -> None:
    """Delete what only a prediction would need of a trial."""
    for path in folder.glob("*"):
        if path.name in _ALWAYS_KEPT:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
