"""The photos that come with Tunescope."""

import hashlib
from collections import Counter
from pathlib import Path

from tunescope.datasets import inspect

RAW = Path(__file__).parents[2] / "data" / "01_raw"


def test_the_committed_photos_are_sixty_of_each_digit_and_all_good() -> None:
    inspection = inspect(RAW / "hand_signs.zip")

    assert inspection.fault is None
    assert inspection.findings == ()
    assert Counter(image.label for image in inspection.images) == {str(digit): 60 for digit in range(10)}
    assert {(image.mode, image.width, image.height) for image in inspection.images} == {("RGB", 100, 100)}


def test_their_note_names_the_archive_that_is_there() -> None:
    digest = hashlib.sha256((RAW / "hand_signs.zip").read_bytes()).hexdigest()

    assert digest in (RAW / "README.md").read_text(encoding="utf-8")
