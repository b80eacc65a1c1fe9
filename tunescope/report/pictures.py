"""Images inside a page."""

import base64
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt


def data_address(image: npt.NDArray[np.uint8] | Any) -> str:
    """An image (height, width, 1 or 3 channels; uint8) as a ``data:`` address of a PNG."""
    from PIL import Image  # here, because pages that only link to a report need no Pillow

    pixels = np.ascontiguousarray(image[..., 0] if image.shape[-1] == 1 else image)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return embedded("image/png", buffer.getvalue())


def embedded(kind: str, content: bytes) -> str:
    """Bytes of a media type as a ``data:`` address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
