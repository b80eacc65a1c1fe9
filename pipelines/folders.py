"""A catalog entry for a folder whose content a node writes itself, too large to pass through memory."""

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError


class FolderDataset(AbstractDataset[Path, Path]):
    """A folder under ``data/``: loading it gives its path, and makes it where it is missing."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._path = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        """The folder's path."""
        self._path.mkdir(parents=True, exist_ok=True)
        return self._path

    def save(self, data: Path) -> None:
        """Nodes write into the folder, not through it."""
        raise DatasetError(f"`{self._path}` is a folder that nodes write into: return a handle instead")

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._path)}
