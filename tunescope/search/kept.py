"""Which trained models stay on disk: those that can still win."""

import shutil
from pathlib import Path

from tunescope.search.objectives import Standing, dominates

_KEPT = 3
# Where configurations are measured again, one that only comes to the front later must still be there.
_KEPT_OF_REPEATED = 10
# Predictions on the validation split are small, and analyses of every trial read them.
_ALWAYS_KEPT = {"validation.npz"}


class KeptModels:
    """The best models of a study; the files of one that several others beat are deleted.

    With several objectives, to be beaten is to be dominated: the whole front stays.
    """

    def __init__(self, is_repeating: bool = False) -> None:
        self._count = _KEPT_OF_REPEATED if is_repeating else _KEPT
        self._offered: dict[Path, Standing] = {}
        self._pinned: set[Path] = set()

    def offer(self, standing: Standing, folder: Path) -> None:
        """Take in a finished trial, and delete the models that are beaten now, if any."""
        self._offered[folder] = standing
        for candidate in [one for one in self._offered if self._is_beaten(one)]:
            delete_model(candidate)
            del self._offered[candidate]

    def pin(self, folder: Path) -> None:
        """Keep a model whatever comes: it is being measured again."""
        self._pinned.add(folder)

    def _is_beaten(self, folder: Path) -> bool:
        own = self._offered[folder]
        beaten_by = sum(dominates(other, own) for other in self._offered.values())
        return beaten_by >= self._count and folder not in self._pinned


def is_kept(folder: Path) -> bool:
    """Whether the model of a trial is still there."""
    return any(path.name not in _ALWAYS_KEPT for path in folder.glob("*"))


def delete_model(folder: Path) -> None:
    """Delete what only a prediction would need of a trial."""
    for path in folder.glob("*"):
        if path.name in _ALWAYS_KEPT:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
