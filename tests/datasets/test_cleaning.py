import copy
import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tunescope.datasets import SPLITS, Finding, Inspection, inspect, read
from tunescope.parameters import CleaningParameters, DatasetParameters

Folder = Callable[[dict[str, bytes]], Path]
Photo = Callable[..., bytes]
MESSY = Path(__file__).parents[3] / "shared" / "data" / "messy-images.zip"


def inspected(source: Path, cleaning: dict[str, Any] | None = None, **parameters: Any) -> Inspection:
    rules = CleaningParameters(**(cleaning or {}))
    return inspect(source, DatasetParameters(source=str(source), cleaning=rules, **parameters))


def found(inspection: Inspection, kind: str) -> list[tuple[str, str]]:
    """File and action of each finding of a kind."""
    return [(one.file, one.action) for one in inspection.findings if one.kind == kind]


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
    folder: Folder, two_classes: dict[str, bytes], photo: Photo
) -> None:
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
    inspection = inspected(folder(two_classes | bad), limits={"file_bytes": 100_000})
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
        "cats/1.png": "two labels: `dogs/x.png`",
        "cats/x.png": "two labels: `dogs/x.png`",
        "dogs/x.png": "two labels: `cats/1.png`, `cats/x.png`",
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

    assert Finding("cats/clear.png", "transparent", "converted") in inspection.findings
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

    assert told == [(20, 20)]
    many: list[int] = []
    files = {f"{label}/{n}.txt": b"no image" for label in "ab" for n in range(50)}
    inspect(folder(files), on_progress=lambda done, total: many.append(done))
    assert many == [32, 64, 96, 120]


def oddities(encode: Callable[..., bytes]) -> dict[str, bytes]:
    """For each policy about a single picture, one that it applies to."""
    stripes = np.kron(np.indices((8, 8)).sum(axis=0) % 2 * 255, np.ones((4, 4))).astype(np.uint8)
    noise = np.random.default_rng(9).integers(0, 256, (32, 32, 3), np.uint8)
    picture, colours = Image.fromarray(stripes), Image.fromarray(noise)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [colours, colours.rotate(90)]
    return {
        "turned": encode(colours.resize((32, 24)), exif=exif),
        "transparent": encode(Image.merge("LA", [picture, picture])),
        "deep colour": encode(Image.fromarray(stripes.astype(np.uint16) * 257)),
        "other colours": encode(colours.convert("CMYK"), "TIFF"),
        "palette": encode(colours.quantize(16)),
        "black and white": encode(Image.fromarray(stripes > 0)),
        "animated": encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True),
        "truncated": encode(colours, "JPEG", quality=95)[:-300],
        "too small": encode(colours.resize((7, 20))),
        "blurred": encode(
            Image.fromarray(noise[:3, :3]).resize((200, 200)).filter(ImageFilter.GaussianBlur(20))
        ),
        "dark": encode(Image.fromarray(noise // 16)),
        "odd aspect": encode(colours.resize((20, 90))),
    }


ODD = ("turned", "transparent", "deep colour", "other colours", "palette", "black and white", "animated")
ACTIONS = {"drop": "rejected", "fix": "converted", "keep": "kept"}


@pytest.mark.parametrize("kind", [*ODD, "truncated", "too small", "blurred", "dark", "odd aspect"])
def test_each_finding_about_a_picture_is_handled_as_its_policy_says(
    folder: Folder, two_classes: dict[str, bytes], encode: Callable[..., bytes], kind: str
) -> None:
    root = folder(two_classes | {"cats/odd": oddities(encode)[kind]})
    key = kind.replace(" ", "_")
    choices = CleaningParameters.model_fields[key].annotation.__args__  # type: ignore[union-attr]
    assert "drop" in choices
    assert len(choices) >= 2
    for choice in choices:
        inspection = inspected(root, {key: choice})

        assert found(inspection, kind) == [("cats/odd", ACTIONS[choice])]
        assert inspection.quality()["accepted"] == 20 + (choice != "drop")
        check_sums(inspection)
    decodable = kind != "truncated"
    dropped = inspected(root, {key: "drop"})
    assert [one.path for one in dropped.rejects] == (["cats/odd"] if decodable else [])
    assert {one.kind for one in dropped.findings if one.action == "rejected"} == {kind}


def test_no_finding_is_made_of_an_ordinary_picture(
    folder: Folder, two_classes: dict[str, bytes], photo: Photo
) -> None:
    ordinary = {"cats/l.png": photo(70, mode="L"), "dogs/a.png": photo(71, mode="RGBA")}

    assert inspect(folder(two_classes | ordinary)).findings == ()


def test_a_truncated_picture_keeps_its_beginning_and_others_are_not_mistaken_for_it(
    folder: Folder, two_classes: dict[str, bytes], photo: Photo
) -> None:
    whole = photo(50, size=(64, 64), format="JPEG")
    cut = {f"cats/cut{n}.jpg": whole[: -100 * n] for n in (1, 2)} | {"dogs/cut.png": b"\x89PNG\r\n\x1a\n"}
    inspection = inspected(folder(two_classes | cut), {"truncated": "fix", "near_duplicate": "keep"})

    assert found(inspection, "truncated") == [("cats/cut1.jpg", "converted"), ("cats/cut2.jpg", "converted")]
    assert rejected(inspection) == {"dogs/cut.png": "not an image"}
    rows = [one.row for one in inspection.images if one.path.startswith("cats/cut")]
    assert rows == [20, 21]
    check_sums(inspection)


def copies(photo: Photo, encode: Callable[..., bytes]) -> dict[str, bytes]:
    """A photo, and itself smaller and saved again."""
    noise = np.random.default_rng(4).integers(0, 256, (8, 8, 3), np.uint8)
    picture = Image.fromarray(noise).resize((120, 120), Image.Resampling.BICUBIC)
    return {"first": encode(picture, "JPEG", quality=90), "again": encode(picture.resize((100, 100)))}


@pytest.mark.parametrize(("choice", "action"), [("keep", "kept"), ("drop", "rejected")])
def test_near_duplicates_are_kept_or_but_the_first_dropped(
    folder: Folder,
    two_classes: dict[str, bytes],
    photo: Photo,
    encode: Callable[..., bytes],
    choice: str,
    action: str,
) -> None:
    pair = copies(photo, encode)
    root = folder(two_classes | {"cats/a.jpg": pair["first"], "cats/b.png": pair["again"]})
    inspection = inspected(root, {"near_duplicate": choice, "leakage": "keep"})

    assert found(inspection, "near duplicate") == [("cats/b.png", action)]
    (finding,) = (one for one in inspection.findings if one.kind == "near duplicate")
    assert (finding.other, finding.cluster, finding.detail) == ("cats/a.jpg", 0, "cats/a.jpg")
    check_sums(inspection)


@pytest.mark.parametrize(("choice", "action"), [("keep", "kept"), ("drop", "rejected")])
def test_exact_duplicates_are_kept_or_but_the_first_dropped(
    folder: Folder, two_classes: dict[str, bytes], choice: str, action: str
) -> None:
    root = folder(two_classes | {"cats/x.png": two_classes["cats/1.png"]})
    inspection = inspected(root, {"exact_duplicate": choice})

    assert found(inspection, "exact duplicate") == [("cats/x.png", action)]
    assert found(inspection, "near duplicate") == []
    check_sums(inspection)


def test_an_image_under_two_labels_can_be_kept(folder: Folder, two_classes: dict[str, bytes]) -> None:
    root = folder(two_classes | {"dogs/x.png": two_classes["cats/1.png"]})
    inspection = inspected(root, {"two_labels": "keep"})

    assert found(inspection, "two labels") == [("cats/1.png", "kept"), ("dogs/x.png", "kept")]
    assert inspection.quality()["accepted"] == 21


def test_near_duplicates_under_two_labels_are_told_and_kept(
    folder: Folder, two_classes: dict[str, bytes], photo: Photo, encode: Callable[..., bytes]
) -> None:
    pair = copies(photo, encode)
    root = folder(two_classes | {"cats/a.jpg": pair["first"], "dogs/b.png": pair["again"]})
    inspection = inspected(root, {"two_labels": "drop"})

    assert found(inspection, "two labels") == [("cats/a.jpg", "kept"), ("dogs/b.png", "kept")]
    assert inspection.quality()["accepted"] == 22


def split_of(inspection: Inspection) -> dict[str, str]:
    splits = inspection.splits.tolist()
    return {image.path: SPLITS[number] for image, number in zip(inspection.images, splits, strict=True)}


def test_near_duplicates_across_splits_are_moved_into_one(
    folder: Folder, two_classes: dict[str, bytes], photo: Photo, encode: Callable[..., bytes]
) -> None:
    pair = copies(photo, encode)
    root = folder(two_classes | {"cats/a.jpg": pair["first"], "cats/b.png": pair["again"]})
    leaky = next(
        seed
        for seed in range(99)
        if found(inspected(root, {"leakage": "keep"}, seed=seed), "leakage")  # told, and left alone
    )
    kept = inspected(root, {"leakage": "keep"}, seed=leaky)
    fixed = inspected(root, {"leakage": "fix"}, seed=leaky)
    dropped = inspected(root, {"leakage": "drop"}, seed=leaky)

    assert {action for _, action in found(kept, "leakage")} == {"kept"}
    before, after = split_of(kept), split_of(fixed)
    assert before["cats/a.jpg"] != before["cats/b.png"]
    assert after["cats/a.jpg"] == after["cats/b.png"]
    moved = [path for path in before if before[path] != after[path]]
    assert found(fixed, "leakage") == [(moved[0], "moved")]
    assert len(moved) == 1
    assert found(dropped, "leakage") == [(path, "rejected") for path in rejected(dropped)]
    assert len(dropped.images) == 21
    check_sums(dropped)


def test_an_official_split_stays_and_its_leaks_are_told_or_dropped_outside_the_test_split(
    folder: Folder, two_classes: dict[str, bytes], photo: Photo, encode: Callable[..., bytes]
) -> None:
    pair = copies(photo, encode)
    names = {path: f"{'test' if path[-5] in '89' else 'train'}/{path}" for path in two_classes}
    files = {names[path]: content for path, content in two_classes.items()}
    root = folder(files | {"train/cats/a.jpg": pair["first"], "test/cats/b.png": pair["again"]})
    fixed, dropped = inspected(root, {"leakage": "fix"}), inspected(root, {"leakage": "drop"})

    assert found(fixed, "leakage") == [("train/cats/a.jpg", "kept")]
    assert found(dropped, "leakage") == [("train/cats/a.jpg", "rejected")]
    for path, split in split_of(fixed).items():
        assert (split == "test") == path.startswith("test/")
    assert fixed.classes == ("cats", "dogs")


@pytest.mark.parametrize(("choice", "action"), [("keep", "kept"), ("fix", "joined")])
def test_labels_that_differ_by_case_are_told_or_joined(
    folder: Folder, two_classes: dict[str, bytes], photo: Photo, choice: str, action: str
) -> None:
    more = {f"Cats/{n}.png": photo(80 + n) for n in range(3)}
    inspection = inspected(folder(two_classes | more), {"label_case": choice})

    assert Finding("Cats", "label case", action, "like `cats`") in inspection.findings
    assert inspection.classes == (("cats", "dogs") if choice == "fix" else ("Cats", "cats", "dogs"))
    assert not found(inspection, "class without usable images")
    check_sums(inspection)


def corrected(folder: Folder, files: dict[str, bytes], table: str, tmp_path: Path) -> Inspection:
    path = tmp_path / "label_issues.csv"
    path.write_text(table, encoding="utf-8")
    return inspected(folder(files), corrections=str(path))


def test_labels_are_corrected_and_images_removed_by_hand(
    folder: Folder, two_classes: dict[str, bytes], tmp_path: Path
) -> None:
    table = (
        "score,path,correct_label,remove\n0.1,cats/1.png,dogs,\n0.2,cats/2.png,,yes\n"
        "0.3,cats/3.png,,\n0.4,dogs/1.png,cats,X\n"
    )
    inspection = corrected(folder, two_classes, table, tmp_path)

    assert {one.path: one.label for one in inspection.images}["cats/1.png"] == "dogs"
    assert (
        Finding("cats/1.png", "corrected label", "converted", "`dogs` instead of `cats`")
        in inspection.findings
    )
    assert rejected(inspection) == {"cats/2.png": "removed by hand", "dogs/1.png": "removed by hand"}
    check_sums(inspection)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("path,correct_label\ncats/1.png,dog\n", "it gives `cats/1.png` the class `dog`, .* like `dogs`"),
        ("path,correct_label\ncat/1.png,dogs\n", "it names the image `cat/1.png`, .* like `cats/1.png`"),
        ("path,remove\nnone.png,yes\n", "it names the image `none.png`"),
        ("file,correct_label\ncats/1.png,dogs\n", "it has no column `path`"),
        ("", "it has no column `path`"),
    ],
)
def test_corrections_that_do_not_fit_the_source_are_refused(
    folder: Folder, two_classes: dict[str, bytes], tmp_path: Path, table: str, sentence: str
) -> None:
    inspection = corrected(folder, two_classes, table, tmp_path)

    assert inspection.fault is not None
    assert inspection.fault.startswith("`dataset.corrections` is `")
    assert re.search(sentence, inspection.fault)
    assert inspection.quality()["rejected"] == inspection.quality()["files"] == 20


def test_corrections_that_are_not_there_are_refused(folder: Folder, two_classes: dict[str, bytes]) -> None:
    inspection = inspected(folder(two_classes), corrections="no/such.csv")

    assert inspection.fault is not None
    assert "it cannot be read (No such file or directory)" in inspection.fault


def test_an_inspection_is_its_own_copy(folder: Folder, two_classes: dict[str, bytes]) -> None:
    inspection = inspect(folder(two_classes))

    assert copy.deepcopy(inspection) is inspection


@pytest.mark.long
def test_five_thousand_classes_are_no_trouble(tmp_path: Path) -> None:
    files = np.random.default_rng(0).integers(0, 256, (5000, 3, 8 * 8), np.uint8)
    for label, pictures in enumerate(files):
        (tmp_path / f"{label:04}").mkdir()
        for number, pixels in enumerate(pictures):
            (tmp_path / f"{label:04}" / f"{number}.pgm").write_bytes(b"P5 8 8 255\n" + pixels.tobytes())
    inspection = inspect(tmp_path)

    assert inspection.fault is None
    assert len(inspection.classes) == 5000
    assert np.bincount(inspection.splits).tolist() == [5000] * 3


@pytest.mark.skipif(not MESSY.exists(), reason="the shared messy images lie beside a working copy only")
def test_the_messy_images_of_many_libraries_are_all_accounted_for() -> None:
    inspection = inspect(MESSY)
    with MESSY.with_name("messy-images.manifest.csv").open(encoding="utf-8") as file:
        manifest = {row["path"]: row for row in csv.DictReader(file)}
    decodable = {one.path: one for one in (*inspection.images, *inspection.rejects)}

    assert inspection.files == len(manifest) == 60
    assert inspection.fault is None
    assert inspection.classes == ("corrupt", "modes", "multiframe", "orientation")
    for path, row in manifest.items():
        broken = (
            row["exif_orientation"] == "OSError"
        )  # Pillow says so once, and gives half a picture next time
        usable = row["open"] == row["load"] == "ok" and not broken and path != "odd_names/.hidden.png"
        assert (path in decodable) == usable, path
        if usable:
            assert decodable[path].mode == row["mode"], path
            sides = {int(row["width"]), int(row["height"])}
            assert {decodable[path].width, decodable[path].height} == sides, path
            turned = row["exif_orientation"] not in ("", "1")
            assert (("turned", "as its EXIF data say") in decodable[path].notes) == turned, path
            frames = int(row["n_frames"]) > 1 and row["format"] != "MPO"
            assert any(kind == "animated" for kind, _ in decodable[path].notes) == frames, path
    assert {path for path, _ in found(inspection, "class without usable images")} == {
        "hostile_size",
        "not_images",
        "odd_names",
    }
    assert {path for path, _ in found(inspection, "decompression bomb")} == {
        "corrupt/badwidth.bmp",
        "hostile_size/decompression_bomb.gif",
    }
    check_sums(inspection)


def test_a_group_that_no_path_holds_is_a_fault(folder: Folder, two_classes: dict[str, bytes]) -> None:
    inspection = inspected(folder(two_classes), group=r"person\d+")

    assert inspection.fault == (
        r"`dataset.group` is `person\d+`, but no path holds that, such as `cats/0.png`: "
        "choose a pattern that names each image's group, or leave it out"
    )
