"""Folders that are either finished or not there, and what to say when the disk is full."""

import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tunescope.errors import RunError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
MEGABYTE = 10**6


@contextmanager
def finished_folder(target: Path, last: str, needed: int | None = None) -> Iterator[Path]:
    """Give an empty folder to fill, which becomes ``target`` at the end of the block.

    When the block raises, nothing is left. When another process was faster, its folder stays: such a folder's
    name tells its content, so both hold the same. A ``target`` without the file ``last`` is replaced.

    Raises:
        RunError: when the disk is full; it tells the ``needed`` bytes.
    """
    draft = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    with full_disk_named(target.parent, needed):
        draft.mkdir(parents=True)
        try:
            yield draft
            if not (target / last).exists():
                shutil.rmtree(target, ignore_errors=True)
                _move(draft, target, last)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def full_disk_named(folder: Path, needed: int | None = None) -> Iterator[None]:
    """Say in one sentence that the disk of ``folder`` is full, where the block comes to know it.

    Raises:
        RunError: in place of the ``OSError``; it tells the ``needed`` bytes.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        room = f"about {needed / MEGABYTE:.0f} MB" if needed else "more room"
        raise RunError(
            f"the disk is full: `{folder}` needs {room}, and everything of this attempt was removed; "
            "free some space and run again"
        ) from None


def save_json(path: Path, content: object) -> None:
    """Write a file that others read either as it was or as it will be."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        draft.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _move(draft: Path, target: Path, last: str) -> None:
    try:
        os.replace(draft, target)
    except OSError:
        if not (target / last).exists():
            raise
