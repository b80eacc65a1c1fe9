"""Dropping files on a page, as a person does."""

import base64
import io
import zipfile
from pathlib import Path

# Called in the page with a name and a content in base64.
DROP = """([name, content]) => {
    const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, { lastModified: 1 }));
    const zone = document.getElementById("upload-zone");
    for (const kind of ["dragenter", "dragover", "drop"]) {
        zone.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }
}"""


def archive_of(folder: Path) -> str:
    """The folder as a zip, in base64."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for path in sorted(folder.rglob("*.png")):
            packed.write(path, path.relative_to(folder))
    return base64.b64encode(file.getvalue()).decode()
