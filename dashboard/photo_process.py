"""Photos are answered by one process beside the server, which keeps the models it has loaded for a while.

PyTorch and a model take seconds to load, an answer some hundredths of one. So the process stays until nobody
has asked for some minutes. Photos go to it and answers come back through pipes: nothing is written to a disk.
"""

import base64
import io
import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dashboard.background import answers_of_process, python_process
from tunescope.errors import SourceError, TunescopeError

if TYPE_CHECKING:
    from tunescope.benchmark.photos import Answer, PhotoModel

_IDLE_SECONDS = 300.0
# A warm answer takes less than one; the first one of a large network on a busy machine takes its time.
_MOST_SECONDS = 90.0
_MOST_WAITING = 4
_MODELS_KEPT = 3
# Threads that wait for one another on cores where a search is at work take many times as long as one.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# From dark to light as the heat grows, told apart without hue: stops of Matplotlib's "inferno".
_HEAT = np.array([[20, 11, 54], [120, 28, 109], [207, 68, 70], [251, 155, 6], [252, 255, 164]])
_MOST_OPAQUE = 0.8


class PhotoError(TunescopeError, RuntimeError):
    """Why a photo has no answer: a sentence, and the HTTP status that says the same."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class PhotoProcess:
    """The process, started when it is first needed; safe to use from several threads.

    Args:
        idle_seconds: after which it ends when nobody asks.
        seconds: that an answer may take.
        waiting: photos that may wait for theirs; more are put off.
    """

    def __init__(
        self,
        idle_seconds: float = _IDLE_SECONDS,
        seconds: float = _MOST_SECONDS,
        waiting: int = _MOST_WAITING,
    ) -> None:
        self._idle_seconds, self._seconds = idle_seconds, seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._waiting = threading.Semaphore(waiting)
        self._idle: threading.Timer | None = None

    def prepare(self, model: Mapping[str, Any]) -> None:
        """Load a model before it is asked, without waiting for it; what is wrong with it shows later."""

        def load() -> None:
            with suppress(PhotoError):
                self.ask(model, None)

        threading.Thread(target=load, name="photo-model", daemon=True).start()

    def ask(
        self, model: Mapping[str, Any], content: bytes | None, index: int | None = None
    ) -> dict[str, Any]:
        """What a model answers to a photo.

        Args:
            model: arguments of :class:`tunescope.benchmark.photos.PhotoModel`, as plain data.
            content: bytes of the photo's file; without any, the model is only loaded.
            index: of the class whose places are wanted; without one, the likeliest.

        Returns:
            The ranking of the classes, pictures and sentences, as ``predict.js`` shows them; or ``refused``,
            why the photo cannot be read.

        Raises:
            PhotoError: when there is no answer.
        """
        if not self._waiting.acquire(blocking=False):
            raise PhotoError(HTTPStatus.SERVICE_UNAVAILABLE, "Too many photos are waiting: try again soon.")
        try:
            with self._turn:
                return _understood(self._answer({"model": model, "index": index}, content))
        finally:
            self._waiting.release()

    def close(self) -> None:
        """End the process, if there is one."""
        if self._idle is not None:
            self._idle.cancel()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with suppress(OSError), process:  # which closes its pipes; one may hold what nobody will read
                pass

    def _answer(self, order: Mapping[str, Any], content: bytes | None) -> bytes:
        if self._idle is not None:
            self._idle.cancel()
        process = self._running()
        late = threading.Event()
        timer = threading.Timer(self._seconds, _end, (process, late))
        timer.start()
        try:
            line = _exchanged(process, order, content)
        finally:
            timer.cancel()
            self._rest()
        if late.is_set():
            sentence = (
                f"It took more than {self._seconds:g} seconds: the machine may be busy. Try again later."
            )
            raise PhotoError(HTTPStatus.GATEWAY_TIMEOUT, sentence)
        return line

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self.close()
            try:
                self._process = python_process(__name__, **_ONE_THREAD)
            except OSError as error:
                sentence = f"The process that answers could not be started: {error.strerror}."
                raise PhotoError(HTTPStatus.SERVICE_UNAVAILABLE, sentence) from None
        return self._process

    def _rest(self) -> None:
        self._idle = threading.Timer(self._idle_seconds, self._end_if_idle)
        self._idle.daemon = True
        self._idle.start()

    def _end_if_idle(self) -> None:
        # Whoever has the turn will come to rest again.
        if self._turn.acquire(blocking=False):
            try:
                self.close()
            finally:
                self._turn.release()


def _end(process: "subprocess.Popen[bytes]", late: threading.Event) -> None:
    late.set()
    process.kill()


def _exchanged(process: "subprocess.Popen[bytes]", order: Mapping[str, Any], content: bytes | None) -> bytes:
    """Send an order and read its answer, a line; an empty one where the process ended before."""
    assert process.stdin is not None  # for mypy: both are pipes
    assert process.stdout is not None
    size = None if content is None else len(content)
    try:
        process.stdin.write(json.dumps({**order, "size": size}).encode() + b"\n")
        process.stdin.write(content or b"")
        process.stdin.flush()
        return process.stdout.readline()
    except (OSError, ValueError):  # it ended, or was ended with its pipes
        return b""


def _understood(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        sentence = "The process that answers ended: the machine may be short of memory. Try again."
        # Not to be asked again without anybody's wish: the photo may be why.
        raise PhotoError(HTTPStatus.INTERNAL_SERVER_ERROR, sentence)
    answer: dict[str, Any] = json.loads(line)
    if "problem" in answer:
        raise PhotoError(HTTPStatus.CONFLICT, f"{answer['problem']}.")
    return answer


# ---- in the process ----


def _work() -> None:
    """Answer orders until the pipe that they come by is closed."""
    answers = answers_of_process()
    models: OrderedDict[str, PhotoModel] = OrderedDict()
    while line := sys.stdin.buffer.readline():
        order = json.loads(line)
        # Not by name: a photo must be read from the pipe before anything can be wrong with it.
        content = None if order["size"] is None else sys.stdin.buffer.read(order["size"])
        try:
            answers.write(json.dumps(_outcome(models, order, content)).encode() + b"\n")
            answers.flush()
        except BrokenPipeError:  # the server ended meanwhile
            os._exit(1)


def _outcome(
    models: "OrderedDict[str, PhotoModel]", order: Mapping[str, Any], content: bytes | None
) -> dict[str, Any]:
    try:
        model = loaded_model(models, order["model"])
        return {} if content is None else _answered(model, content, order["index"])
    except TunescopeError as error:
        return {"problem": str(error)}
    except MemoryError:
        return {"problem": "The machine has too little memory for this photo"}
    except Exception as error:  # one photo must not end the process for all others
        return {"problem": f"It cannot be answered ({type(error).__name__}: {error})"}


def _answered(model: "PhotoModel", content: bytes, index: int | None) -> dict[str, Any]:
    try:
        return _plain(model.answer(content, index), model.predictor.identity.classes)
    except SourceError as error:
        return {"refused": f"{error}."}


def loaded_model(models: "OrderedDict[str, PhotoModel]", arguments: Mapping[str, Any]) -> "PhotoModel":
    """The model, loaded before or now; those that were asked last are kept."""
    from tunescope.benchmark.photos import PhotoModel

    key = json.dumps(arguments, sort_keys=True)
    if key not in models:
        models[key] = PhotoModel(**{name: value for name, value in arguments.items() if name != "stamp"})
    models.move_to_end(key)
    while len(models) > _MODELS_KEPT:
        models.popitem(last=False)
    return models[key]


def _plain(answer: "Answer", classes: Sequence[str]) -> dict[str, Any]:
    """An answer as the browser takes it; pictures are addresses that hold their data."""
    order = np.argsort(-answer.probabilities, kind="stable").tolist()
    return {
        "ranking": [[index, classes[index], round(float(answer.probabilities[index]), 6)] for index in order],
        "index": answer.index,
        "method": answer.attribution.method,
        "is_anywhere": bool(answer.attribution.heat.any()),
        "size": [answer.photo.width, answer.photo.height],
        "doubts": answer.doubts,
        "notes": answer.notes,
        "photo": _picture(answer.photo.shown, "JPEG"),
        "seen": _picture(answer.photo.pixels, "PNG"),
        "heat": _picture(_coloured(answer.attribution.heat), "PNG"),
    }


def _coloured(heat: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Heat (height, width) as red, green, blue and opacity: nothing is seen where there is none."""
    stops = np.linspace(0, 1, len(_HEAT))
    channels = [np.interp(heat, stops, channel) for channel in _HEAT.T]
    opacity = 255 * _MOST_OPAQUE * heat
    return np.stack([*channels, opacity], axis=-1).round().astype(np.uint8)


def _picture(pixels: npt.NDArray[np.uint8], kind: str) -> str:
    from PIL import Image

    file: IO[bytes] = io.BytesIO()
    gray = pixels.shape[-1] == 1
    Image.fromarray(pixels[..., 0] if gray else pixels).save(file, kind, quality=88)
    file.seek(0)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.read()).decode()}"


if __name__ == "__main__":
    _work()
