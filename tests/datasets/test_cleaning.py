import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tunescope.datasets import Finding, Inspection, cleaning, inspect, read

Folder = Callable[[dict[str, bytes]], Path]
Photo = Callable[..., bytes]
MESSY = Path(__file__).parents[3] / "shared" / "data" / "messy-images.zip"


def rejected(inspection: Inspection) -> dict[str, str]:
    return {found.file: found.finding for found in inspection.findings if found.action == "rejected"}


def check_sums(inspection: Inspection) -> None:
    """Every file is either accepted, or rejected with exactly one reason."""
    quality = inspection.quality()
    reasons = Counter(found["file"] for found in quality["findings"] if found["action"] == "rejected")
    assert quality["accepted"] + quality["rejected"] == quality["files"]
    assert quality["rejected"] == len(reasons) == reasons.total()
    assert not set(reasons) & {image.path for image in inspection.images}
    json.dumps(quality)


def test_good_photos_are_accepted_without_findings(folder: Folder, two_classes: dict[str, bytes]) -> None:
    inspection = inspect(folder(two_classes))

    assert inspection.fault is None
    assert inspection.findings == ()
    assert inspection.classes == ("cats", "dogs")
    assert [image.path for image in inspection.images] == sorted(two_classes)
    assert inspection.quality() == {"files": 20, "accepted": 20, "rejected": 0, "findings": []}


def test_an_accepted_image_is_described(folder: Folder, two_classes: dict[str, bytes], photo: Photo) -> None:
    wide = photo(99, mode="L", size=(40, 30))
    inspection = inspect(folder(two_classes | {"dogs/wide.png": wide}))
    (image,) = (image for image in inspection.images if image.path == "dogs/wide.png")

    assert (image.label, image.mode, image.width, image.height) == ("dogs", "L", 40, 30)
    assert image.gray
    assert image.sha256 == hashlib.sha256(wide).hexdigest()


def test_every_kind_of_bad_file_is_rejected_with_its_reason(
    folder: Folder, two_classes: dict[str, bytes], photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "MAX_FILE_BYTES", 100_000)
    jpeg = photo(50, size=(64, 64), format="JPEG")
    bad = {
        "cats/.hidden.png": photo(60),
        "cats/cut.jpg": jpeg[: len(jpeg) // 2],
        "cats/empty.jpg": b"",
        "cats/huge.png": bytes(100_001),
        "cats/notes.txt": b"two cats and a dog",
        "cats/page.jpg": b"<html>not found</html>",
        "cats/tiny.png": photo(61, size=(7, 30)),
        "loose.png": photo(62),
        "odd/😀 ünï\ncode.png": b"?",
    }
    inspection = inspect(folder(two_classes | bad))
    reasons = rejected(inspection)

    assert reasons.pop("cats/cut.jpg").startswith("truncated: ")
    assert reasons == {
        "cats/.hidden.png": "hidden file",
        "cats/empty.jpg": "empty file",
        "cats/huge.png": "too large: 100001 bytes, more than 100000",
        "cats/notes.txt": "not an image",
        "cats/page.jpg": "not an image",
        "cats/tiny.png": "too small: 7 x 30 pixels, fewer than 8 on a side",
        "loose.png": "no class folder",
        "odd/😀 ünï\ncode.png": "not an image",
    }
    assert len(inspection.images) == 20
    check_sums(inspection)


def test_of_equal_images_the_first_is_kept(folder: Folder, two_classes: dict[str, bytes]) -> None:
    copies = {"cats/1 copy.png": two_classes["cats/1.png"], "cats/a.png": two_classes["cats/1.png"]}
    inspection = inspect(folder(two_classes | copies))

    assert rejected(inspection) == {
        "cats/1.png": "exact duplicate: cats/1 copy.png",
        "cats/a.png": "exact duplicate: cats/1 copy.png",
    }
    check_sums(inspection)


def test_an_image_under_two_labels_is_rejected_everywhere(
    folder: Folder, two_classes: dict[str, bytes]
) -> None:
    copies = {"cats/x.png": two_classes["cats/1.png"], "dogs/x.png": two_classes["cats/1.png"]}
    inspection = inspect(folder(two_classes | copies))

    assert rejected(inspection) == {
        "cats/1.png": "same image under two labels: `dogs/x.png`",
        "cats/x.png": "same image under two labels: `dogs/x.png`",
        "dogs/x.png": "same image under two labels: `cats/1.png`, `cats/x.png`",
    }
    check_sums(inspection)


def test_a_copy_that_is_rejected_anyway_rejects_no_other(
    folder: Folder, two_classes: dict[str, bytes]
) -> None:
    copies = {"dogs/.1.png": two_classes["cats/1.png"], "1.png": two_classes["cats/1.png"]}
    inspection = inspect(folder(two_classes | copies))

    assert rejected(inspection) == {"1.png": "no class folder", "dogs/.1.png": "hidden file"}


def test_conversions_of_accepted_images_are_told(
    folder: Folder, two_classes: dict[str, bytes], encode: Callable[..., bytes]
) -> None:
    clear = encode(Image.new("RGBA", (16, 16), (255, 0, 0, 128)))
    inspection = inspect(folder(two_classes | {"cats/clear.png": clear, "dogs/.clear.png": clear}))

    assert Finding("cats/clear.png", "transparency put on white", "converted") in inspection.findings
    assert inspection.quality()["accepted"] == 21
    check_sums(inspection)


def test_a_class_that_cleaning_empties_is_dropped(folder: Folder, two_classes: dict[str, bytes]) -> None:
    inspection = inspect(folder(two_classes | {"birds/1.png": b"?", "birds/2.png": b""}))

    assert inspection.findings[-1] == Finding("birds", "class without usable images", "dropped class")
    assert inspection.classes == ("cats", "dogs")
    assert inspection.fault is None
    check_sums(inspection)


def test_a_class_with_fewer_than_three_images_is_a_fault(
    folder: Folder, two_classes: dict[str, bytes], photo: Photo
) -> None:
    birds = {"birds/1.png": photo(90), "birds/2.png": photo(91)}
    two = inspect(folder(two_classes | birds))
    three = inspect(folder(two_classes | birds | {"birds/3.png": photo(92)}))

    assert two.fault is not None
    assert two.fault.endswith(
        "but fewer than 3 images are usable in `birds`: add images there, or take the folder away"
    )
    assert three.fault is None
    check_sums(two)


def test_a_single_class_is_a_fault(folder: Folder, photo: Photo) -> None:
    inspection = inspect(folder({f"cats/{n}.png": photo(n) for n in range(5)}))

    assert inspection.fault is not None
    assert "only its class `cats` has usable images" in inspection.fault
    assert inspection.quality()["accepted"] == 5


def test_a_source_without_a_usable_image_is_a_fault(folder: Folder, photo: Photo) -> None:
    inspection = inspect(folder({"1.png": photo(1), "2.png": photo(2), "cats/3.png": b""}))

    assert inspection.fault is not None
    assert "no image in it can be used (mostly: no class folder)" in inspection.fault
    assert inspection.quality()["rejected"] == 3


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_source_that_cannot_be_read_is_a_fault_without_files(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    inspection = inspect(tmp_path / name)

    assert inspection.fault is not None
    assert str(tmp_path / name) in inspection.fault
    assert inspection.quality() == {"files": 0, "accepted": 0, "rejected": 0, "findings": []}


def test_links_are_reported_and_not_counted(folder: Folder, two_classes: dict[str, bytes]) -> None:
    root = folder(two_classes)
    (root / "cats" / "link.png").symlink_to(root / "dogs" / "1.png")
    inspection = inspect(root)

    assert inspection.findings == (Finding("cats/link.png", "link or special file", "skipped"),)
    assert inspection.files == 20


def test_a_file_that_vanishes_is_unreadable(folder: Folder, two_classes: dict[str, bytes]) -> None:
    source = read(folder(two_classes))
    Path(source.location, "cats", "1.png").unlink()
    inspection = inspect(source)

    assert rejected(inspection) == {"cats/1.png": "unreadable: No such file or directory"}
    check_sums(inspection)


def test_progress_is_told_for_every_file(folder: Folder, two_classes: dict[str, bytes]) -> None:
    told: list[tuple[int, int]] = []
    inspect(folder(two_classes), on_progress=lambda done, total: told.append((done, total)))

    assert told == [(done, 20) for done in range(1, 21)]


@pytest.mark.skipif(not MESSY.exists(), reason="the shared messy images lie beside a working copy only")
def test_the_messy_images_of_many_libraries_are_all_accounted_for() -> None:
    inspection = inspect(MESSY)

    assert inspection.files == 60
    assert inspection.fault is None
    assert inspection.classes == ("corrupt", "modes", "multiframe", "orientation")
    assert len(inspection.images) == 37
    assert {found.file for found in inspection.findings if found.action == "dropped class"} == {
        "hostile_size",
        "not_images",
        "odd_names",
    }
    assert {found.file for found in inspection.findings if found.kind == "decompression bomb"} == {
        "corrupt/badwidth.bmp",
        "hostile_size/decompression_bomb.gif",
    }
    check_sums(inspection)
