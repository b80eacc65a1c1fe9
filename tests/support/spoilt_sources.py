"""Sources that are written from arbitrary bytes, to see that readers survive them."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import zstandard

from tunescope.datasets import Source, read, stamp
from tunescope.datasets.source import UnusableFileError
from tunescope.errors import SourceError
from tunescope.parameters import LimitParameters

LIMITS = LimitParameters(files=1000, total_bytes=2**24)
LABELS = struct.pack(">4BI", 0, 0, 8, 1, 2) + bytes([1, 2])
IMAGES = struct.pack(">4B3I", 0, 0, 8, 3, 2, 4, 3) + bytes(range(24))


def _zip(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("cats/1.png", b"one" * 20)
        archive.writestr("dogs/é.png", b"two")
    return buffer.getvalue()


def _tar(format: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for name in ("cats/1.png", f"dogs/{'x' * 60}/é{'y' * 60}"):
            entry = tarfile.TarInfo(name)
            entry.size = 60
            archive.addfile(entry, io.BytesIO(b"one" * 20))
    return buffer.getvalue()


def _npy(values: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values))
    return buffer.getvalue()


def _npz() -> bytes:
    buffer = io.BytesIO()
    images = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    np.savez_compressed(buffer, x_train=images, y_train=["a", "b"], images=images, labels=[3, 4])
    return buffer.getvalue()


def _parquet() -> bytes:
    columns = {"path": ["a.png", "b/c.png"], "label": ["x", "y"], "split": ["train", None], "group": [1, 2]}
    return pd.DataFrame(columns).to_parquet()


CSV = b"path,label,split,group\na.png,x,train,1\n\"b/c.png\",'y',val,\n"
SEEDS: dict[str, list[bytes]] = {
    "zip": [_zip(), _zip(zipfile.ZIP_STORED), _zip(zipfile.ZIP_LZMA), _zip(zipfile.ZIP_BZIP2)],
    "tar": [_tar(), _tar(tarfile.GNU_FORMAT), _tar(tarfile.USTAR_FORMAT)],
    "tar-summed": [_tar(), _tar(tarfile.GNU_FORMAT)],
    "tar.gz": [gzip.compress(_tar())],
    "tar.bz2": [bz2.compress(_tar())],
    "tar.xz": [lzma.compress(_tar())],
    "tar.zst": [zstandard.compress(_tar())],
    "idx-images": [IMAGES],
    "idx-labels": [LABELS],
    "idx-gz": [gzip.compress(IMAGES)],
    "npz": [_npz()],
    "npy-images": [_npy(np.zeros((2, 4, 3))), _npy(np.zeros((2, 4, 3, 3), np.uint8))],
    "npy-labels": [_npy([1, 2]), _npy(["a", "b"]), _npy([b"a", b"b"]), _npy([1.0, 2.0])],
    "csv": [CSV, CSV.replace(b",", b";")],
    "parquet": [_parquet()],
}


def write(family: str, content: bytes, folder: Path) -> Path:
    """Make a source of a family of ``SEEDS`` whose crucial file has this content."""
    if family.startswith("idx"):
        gz = ".gz" if family == "idx-gz" else ""
        of_images = family != "idx-labels"
        (folder / f"train-images-idx3-ubyte{gz}").write_bytes(content if of_images else IMAGES)
        (folder / "train-labels-idx1-ubyte").write_bytes(LABELS if of_images else content)
        return folder
    if family == "tar-summed":
        (folder / "pets.tar").write_bytes(_summed(content))
        return folder / "pets.tar"
    if family.startswith("npy"):
        with zipfile.ZipFile(folder / "pets.npz", "w") as archive:
            archive.writestr("images.npy", content if family == "npy-images" else SEEDS["npy-images"][0])
            archive.writestr("labels.npy", content if family == "npy-labels" else SEEDS["npy-labels"][0])
        return folder / "pets.npz"
    path = folder / f"pets.{family}"
    path.write_bytes(content)
    return path


def _summed(content: bytes) -> bytes:
    """A tar archive whose blocks all carry the right check sum, as if they were headers.

    Nearly all others are refused for their sums alone, and most of the reader never sees them.
    """
    blocks = [content[start : start + 512] for start in range(0, len(content), 512)]
    heads = [block[:148] + b" " * 8 + block[156:] for block in blocks]
    return b"".join(
        block if not any(block) or len(block) < 512 else head[:148] + b"%06o\0 " % sum(head) + head[156:]
        for block, head in zip(blocks, heads, strict=True)
    )


def survives(path: Path) -> Source | None:
    """Read everything there is, and let only those errors pass that readers may raise.

    Returns:
        The source, closed; None when it was refused.
    """
    stamp(path)
    try:
        source = read(path, LIMITS)
    except SourceError as error:
        str(error).encode()
        return None
    with source:
        for file in source:
            f"{file.path} {file.label} {file.group}".encode()
            try:
                content = file.read()
            except (UnusableFileError, OSError):
                continue
            assert len(content) <= max(LIMITS.total_bytes, 2**20)
    return source
