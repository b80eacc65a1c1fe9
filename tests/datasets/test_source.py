import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tunescope.datasets import glance, read, stamp
from tunescope.errors import SourceError


def labels(root: Path) -> dict[str, str | None]:
    return {file.path: file.label for file in read(root)}


def test_a_label_is_the_folders_above_a_file(folder: Callable[..., Path]) -> None:
    root = folder({"cats/1.png": b"1", "dogs/big/2.png": b"2", "dogs/small/3.png": b"3", "4.png": b"4"})

    assert labels(root) == {
        "4.png": None,
        "cats/1.png": "cats",
        "dogs/big/2.png": "dogs/big",
        "dogs/small/3.png": "dogs/small",
    }


def test_a_folder_around_all_classes_is_ignored(folder: Callable[..., Path]) -> None:
    root = folder({"pets/cats/1.png": b"1", "pets/dogs/2.png": b"2"})

    assert labels(root) == {"pets/cats/1.png": "cats", "pets/dogs/2.png": "dogs"}


def test_notes_and_hidden_files_do_not_keep_the_wrapping_folder(folder: Callable[..., Path]) -> None:
    root = folder(
        {
            "README.md": b"r",
            "pets/LICENSE": b"l",
            "pets/cats/1.JPEG": b"1",
            "pets/dogs/2.png": b"2",
            "__MACOSX/pets/cats/1.JPEG": b"m",
            ".git/config": b"g",
        }
    )
    found = labels(root)

    assert found["pets/cats/1.JPEG"] == "cats"
    assert found["pets/dogs/2.png"] == "dogs"
    assert found["pets/LICENSE"] is None
    assert found["README.md"] is None


def test_one_class_folder_is_a_class_and_no_wrapper(folder: Callable[..., Path]) -> None:
    root = folder({"cats/1.png": b"1", "cats/2.png": b"2", "cats/old/3.png": b"3"})

    assert set(labels(root).values()) == {"cats", "cats/old"}


def test_files_without_an_ending_count_like_pictures(folder: Callable[..., Path]) -> None:
    root = folder({"pets/cats/1": b"1", "pets/dogs/2": b"2"})

    assert set(labels(root).values()) == {"cats", "dogs"}


def test_two_spellings_of_an_accent_are_one_class(folder: Callable[..., Path]) -> None:
    root = folder({"cafe\u0301/1.png": b"1", "caf\u00e9/2.png": b"2", "😀 smile/3.png": b"3"})

    assert set(labels(root).values()) == {"caf\u00e9", "😀 smile"}


def test_hidden_files_are_counted_and_marked(folder: Callable[..., Path]) -> None:
    root = folder({"cats/1.png": b"1", "cats/.DS_Store": b"d", ".cache/x/2.png": b"2", "a/Thumbs.db": b"t"})
    source = read(root)

    assert len(source) == 4
    assert [file.path for file in source if not file.hidden] == ["cats/1.png"]


def test_links_are_skipped_and_not_followed(folder: Callable[..., Path], tmp_path: Path) -> None:
    root = folder({"cats/1.png": b"1"})
    (tmp_path / "secret.png").write_bytes(b"secret")
    (root / "cats" / "link.png").symlink_to(tmp_path / "secret.png")
    (root / "circle").symlink_to(root)
    source = read(root)

    assert [file.path for file in source] == ["cats/1.png"]
    assert source.skipped == ("cats/link.png", "circle")


def test_a_folder_of_links_only_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link.png").symlink_to("elsewhere.png")

    with pytest.raises(SourceError, match="only links or special files"):
        read(tmp_path)


def test_a_name_that_is_not_unicode_can_be_read_and_written(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    try:
        (tmp_path / "cats" / os.fsdecode(b"\xff.png")).write_bytes(b"1")
    except OSError:
        pytest.skip("this file system allows Unicode names only")
    (file,) = read(tmp_path)

    assert file.path == "cats/\\xff.png"
    assert file.read() == b"1"


def test_a_folder_that_may_not_be_listed_is_named(folder: Callable[..., Path]) -> None:
    root = folder({"cats/1.png": b"1", "dogs/2.png": b"2"})
    (root / "dogs").chmod(0)
    try:
        next((root / "dogs").iterdir())
        pytest.skip("this user may list any folder")
    except PermissionError:
        with pytest.raises(SourceError, match=r"dogs` in it cannot be read"):
            read(root)
    finally:
        (root / "dogs").chmod(0o700)


def splits(root: Path) -> dict[str, tuple[str | None, str | None]]:
    return {file.path: (file.split, file.label) for file in read(root)}


def test_folders_named_like_splits_are_the_official_ones(folder: Callable[..., Path]) -> None:
    root = folder(
        {
            "TRAINING/cats/1.png": b"1",
            "Val/cats/2.png": b"2",
            "test/big/dogs/3.png": b"3",
            "test/4.png": b"4",
            "README.md": b"r",
        }
    )

    assert splits(root) == {
        "TRAINING/cats/1.png": ("train", "cats"),
        "Val/cats/2.png": ("validation", "cats"),
        "test/big/dogs/3.png": ("test", "big/dogs"),
        "test/4.png": ("test", None),
        "README.md": (None, None),
    }


def test_official_splits_may_lie_in_a_wrapping_folder(folder: Callable[..., Path]) -> None:
    root = folder({"mnist/training/0/1.png": b"1", "mnist/testing/0/1.png": b"2"})

    assert set(splits(root).values()) == {("train", "0"), ("test", "0")}


@pytest.mark.parametrize(
    "names",
    [
        ["train/cats/1.png", "extra/cats/1.png"],
        ["train/cats/1.png", "test/cats/1.png", "extra/cats/1.png"],
        ["train/cats/1.png", "test/cats/1.png", "1.png"],
        ["val/cats/1.png", "test/cats/1.png"],
        ["train/1.png", "test/2.png"],
    ],
)
def test_other_folders_named_like_splits_are_classes(folder: Callable[..., Path], names: list[str]) -> None:
    root = folder(dict.fromkeys(names, b"1"))

    assert splits(root) == {name: (None, name.rpartition("/")[0] or None) for name in names}


def test_labels_that_differ_by_case_stay_two(folder: Callable[..., Path]) -> None:
    assert set(labels(folder({"Cats/1.png": b"1", "cats/2.png": b"2"})).values()) == {"Cats", "cats"}


@pytest.mark.parametrize("change", ["add", "remove", "rename", "write", "replace", "link"])
def test_the_stamp_of_a_folder_tells_every_change(folder: Callable[..., Path], change: str) -> None:
    root = folder({"cats/1.png": b"1", "dogs/2.png": b"2"})
    before, one = stamp(root), root / "cats" / "1.png"
    if change == "add":
        (root / "cats" / "3.png").write_bytes(b"3")
    elif change == "remove":
        one.unlink()
    elif change == "rename":
        one.rename(root / "cats" / "0.png")
    elif change == "write":
        times = one.stat()
        one.write_bytes(b"2")
        os.utime(one, ns=(times.st_atime_ns, times.st_mtime_ns))  # as a tool that keeps times does
    elif change == "replace":
        (root / "dogs" / "2.png").replace(one)
    else:
        (root / "link").symlink_to("cats")

    assert before is not None
    assert stamp(root) != before


def test_a_stamp_does_not_depend_on_how_a_path_is_written(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder({"cats/1.png": b"1"})
    monkeypatch.chdir(root.parent)

    assert stamp(root) == stamp(str(root)) == stamp("photos") == stamp("./photos/")


def test_reading_does_not_change_the_stamp(folder: Callable[..., Path]) -> None:
    root = folder({"cats/1.png": b"1"})
    before = stamp(root)
    for file in read(root):
        file.read()

    assert stamp(root) == before


@pytest.mark.parametrize(
    "files", [{}, {"notes/a.txt": b"a", "b.PDF": b"b"}, {"cats/.1.png": b"1", "__MACOSX/cats/2.png": b"2"}]
)
def test_a_glance_refuses_a_folder_without_anything_that_can_be_an_image(
    folder: Callable[..., Path], files: dict[str, bytes]
) -> None:
    root = folder({"cats/keep.txt": b"", **files})
    with pytest.raises(SourceError, match="no image was found in it: put the images into one folder"):
        glance(root)


@pytest.mark.parametrize("name", ["1.png", "1", "1.bin", "1.of-no-known-kind"])
def test_a_glance_leaves_to_the_reader_what_can_be_an_image(folder: Callable[..., Path], name: str) -> None:
    glance(folder({"notes.txt": b"n", f"cats/{name}": b"1"}))


def test_a_glance_does_not_walk_through_a_large_folder(folder: Callable[..., Path]) -> None:
    glance(folder({f"{number}.txt": b"" for number in range(2_001)}))
