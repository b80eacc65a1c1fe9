from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tunescope.datasets import Source, inspect, read, stamp
from tunescope.datasets.source import UnusableFileError
from tunescope.errors import SourceError
from tunescope.parameters import LimitParameters

Table = Callable[..., Path]


@pytest.fixture
def table(folder: Callable[..., Path], two_classes: dict[str, bytes]) -> Table:
    """``table(text, name="pets.csv")``: the path of a manifest beside twenty pictures."""

    def make(text: str | bytes, name: str = "pets.csv") -> Path:
        root = folder(two_classes)
        (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return root / name

    return make


def rows(source: Source) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(file.path, file.label, file.split, file.group) for file in source]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_manifest_gives_labels_splits_and_groups(table: Table, delimiter: str) -> None:
    head, first = "\ufeffGroup,notes,LABEL,path,Split", "ann,x,cat,cats/1.png,Training"
    text = f"{head}\r\n{first}\r\n,,big dog,./dogs/2.png,\r\n\r\n"
    source = read(table(text.replace(",", delimiter)))

    assert rows(source) == [("cats/1.png", "cat", "train", "ann"), ("dogs/2.png", "big dog", None, None)]


def test_a_parquet_manifest_gives_the_same(table: Table) -> None:
    path = table(b"").with_name("pets.parquet")
    frame = pd.DataFrame(
        {
            "path": ["cats/1.png", "dogs\\2.png"],
            "label": pd.Categorical(["cat", "dog"]),
            "split": ["val", None],
            "group": [7, 8],
        }
    )
    frame.to_parquet(path)

    assert rows(read(path)) == [("cats/1.png", "cat", "validation", "7"), ("dogs/2.png", "dog", None, "8")]


def test_labels_of_a_parquet_manifest_may_be_numbers(table: Table) -> None:
    path = table(b"").with_name("pets.parquet")
    pd.DataFrame({"path": ["cats/1.png", "dogs/2.png"], "label": [3, None]}, dtype="object").astype(
        {"label": "Int64"}
    ).to_parquet(path)

    assert [file.label for file in read(path)] == ["3", None]


def test_quotes_commas_and_accents_are_understood(table: Table) -> None:
    text = 'path,label\n"cats/1.png","cat, ""big"""\n"a,b.png", cafe\u0301\n'

    assert [(path, label) for path, label, _, _ in rows(read(table(text)))] == [
        ("a,b.png", "café"),
        ("cats/1.png", 'cat, "big"'),
    ]


def test_a_missing_file_is_reported_and_the_others_are_used(table: Table) -> None:
    names = [f"{label}/{n}.png" for label in ("cats", "dogs") for n in range(10)] + ["cats/lost.png"]
    path = table("path,label\n" + "".join(f"{name},{name[:4]}\n" for name in names))
    inspection = inspect(read(path))

    assert inspection.quality()["accepted"] == 20
    (finding,) = inspection.quality()["findings"]
    assert finding == {
        "file": "cats/lost.png",
        "finding": "unreadable: No such file or directory",
        "action": "rejected",
    }


@pytest.mark.parametrize("name", ["cats/1.png/x", "x" * 300, "cats", "1.png "])
def test_a_path_that_is_no_file_is_listed_or_skipped(table: Table, name: str) -> None:
    source = read(table(f"path,label\ncats/1.png,cat\n{name},dog\n"))

    assert len(source) + len(source.skipped) == 2
    for file in (file for file in source if file.label == "dog"):
        with pytest.raises(OSError, match=r"No such file|Not a directory|too long"):
            file.read()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "its columns are none: name two of them `path` and `label`"),
        ("file,class\na,b\n", "its columns are `file`, `class`: name two of them `path` and `label`"),
        ("cats/1.png,cat\n", "its columns are `cats/1.png`, `cat`"),
        ("path,label\n", "it holds no files"),
        ("path,label\n,cat\n", "its entry 1 names no file"),
        ("path,label\ncats/1.png,a\na\0b,cat\n", "its entry 2 names no file"),
        ("path,label\n../1.png,cat\n", "it names `../1.png`, a path that leads out of its folder"),
        ("path,label\ncats/../../1.png,cat\n", "leads out of its folder"),
        ("path,label\n/etc/passwd,cat\n", "it names `/etc/passwd`, a path that leads out of its folder"),
        ("path,label\nC:\\1.png,cat\n", "leads out of its folder"),
        ("path,label,split\ncats/1.png,cat,trian\n", "the `split` of its entry 1 is `trian`: use train, "),
        ("path,label\ncats/1.png,cat\n./cats//1.png,dog\n", "it lists `cats/1.png` twice"),
        (f"path,label\ncats/1.png,{'x' * 5000}\n", "`label` of its entry 1 has more than 4096 characters"),
        (f'path,label\ncats/1.png,"{"x" * 200_000}', "it is damaged"),
    ],
)
def test_unfit_manifests_are_refused(table: Table, text: str, why: str) -> None:
    with pytest.raises(SourceError, match=why):
        read(table(text))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_damaged_parquet_file_is_refused(table: Table, content: bytes) -> None:
    with pytest.raises(SourceError, match="it is damaged"):
        read(table(content, "pets.parquet"))


@pytest.mark.parametrize("columns", [{"path": [b"\xff"], "label": ["a"]}, {"path": [["a"]], "label": ["a"]}])
def test_columns_of_other_types_are_refused(table: Table, columns: dict[str, Any]) -> None:
    path = table(b"").with_name("pets.parquet")
    pd.DataFrame(columns).to_parquet(path)

    with pytest.raises(SourceError, match="it is damaged"):
        read(path)


def test_a_line_without_an_end_is_refused(table: Table) -> None:
    with pytest.raises(SourceError, match=r"more than 4096 characters|it is damaged"):
        read(table("path,label\n" + "x" * 5_000_000))


def test_too_many_rows_are_refused(table: Table) -> None:
    path = table("path,label\na,b\nc,d\n")

    assert len(read(path, LimitParameters(files=2))) == 2
    with pytest.raises(SourceError, match="it lists more than 1 files"):
        read(path, LimitParameters(files=1))


def test_links_do_not_lead_out_of_the_folder(
    table: Table, tmp_path: Path, photo: Callable[..., bytes]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.png").write_bytes(b"1")
    path = table("path,label\nlink.png,cat\nout/1.png,cat\nin/1.png,cat\ncats/2.png,cat\n")
    (path.parent / "link.png").symlink_to(tmp_path / "elsewhere" / "1.png")
    (path.parent / "out").symlink_to(tmp_path / "elsewhere")
    (path.parent / "in").symlink_to("cats")
    source = read(path)
    files = {file.path: file for file in source}

    assert source.skipped == ("link.png",)
    assert set(files) == {"out/1.png", "in/1.png", "cats/2.png"}
    assert files["in/1.png"].read() == (path.parent / "cats" / "1.png").read_bytes()
    assert files["out/1.png"].size == 0
    with pytest.raises(UnusableFileError, match="a link leads out of the manifest's folder"):
        files["out/1.png"].read()


def test_names_that_are_no_unicode_are_found(table: Table) -> None:
    path = table(b"path,label\ncats/\xff.png,\xfe\n")
    (path.parent / "cats" / "\udcff.png").write_bytes(b"1")
    (file,) = read(path)

    assert (file.path, file.label, file.read()) == ("cats/\\xff.png", "\\xfe", b"1")


def test_the_stamp_tells_a_change_of_any_listed_file(table: Table) -> None:
    path = table("path,label\ncats/1.png,cat\ndogs/lost.png,dog\n")
    before = stamp(path)
    (path.parent / "dogs" / "7.png").unlink()

    assert before is not None
    assert stamp(path) == before
    (path.parent / "dogs" / "lost.png").write_bytes(b"found")
    assert stamp(path) != before
