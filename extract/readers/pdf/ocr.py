"""The recogniser: where text stands in a picture, and what it says. Comes with the optional extra ``ocr``.

RapidOCR runs the models PP-OCRv6 (small) of PaddleOCR, which lie in its package (all under Apache-2.0), with ONNX
Runtime. They are named by their path, so that nothing is ever looked for on the network.
"""

from __future__ import annotations

import functools
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

_FINDER, _READER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"


class Reading(NamedTuple):
    """What a line says, and the probability (0–1) of its least certain character."""

    text: str
    confidence: float


@functools.cache
def models() -> tuple[Path, Path] | None:
    """Give the model files that find and that read text, ``None`` where the extra ``ocr`` is not installed."""
    found = find_spec("rapidocr")
    if found is None or not found.submodule_search_locations or find_spec("onnxruntime") is None:
        return None
    folder = Path(found.submodule_search_locations[0]) / "models"
    finder, reader = folder / _FINDER, folder / _READER
    return (finder, reader) if finder.is_file() and reader.is_file() else None


class Engine:
    """The two models, loaded once a process. One thread and one line at a time: the same picture, the same answer."""

    def __init__(self, finder: Path, reader: Path) -> None:
        from rapidocr import RapidOCR

        self._rapid = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.return_word_box": True,  # gives the probability of each character
                "Det.model_path": str(finder),
                "Rec.model_path": str(reader),
                "Rec.rec_batch_num": 1,
                # The narrowest picture of a line, in units of its height (48): two characters.
                "Rec.rec_img_shape": [3, 48, 96],
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
            }
        )

    def find(self, pixels: Pixels) -> list[tuple[float, float, float, float]]:
        """Find lines of text in a grey picture: left, top, right and bottom in pixels."""
        found: Any = self._rapid(_coloured(pixels), use_det=True, use_cls=False, use_rec=False)
        if found.boxes is None:
            return []
        return [
            (float(box[:, 0].min()), float(box[:, 1].min()), float(box[:, 0].max()), float(box[:, 1].max()))
            for box in found.boxes
        ]

    def read(self, line: Pixels) -> Reading:
        """Read the grey picture of one line; where nothing is recognised the text is empty."""
        found: Any = self._rapid.recognize_txt([_coloured(line)])
        text: str = found.txts[0]
        return Reading(text, round(min(found.word_results[0].confs), 2)) if text else Reading("", 0.0)


@functools.cache
def engine() -> Engine:
    """Give the recogniser; raises :class:`ModuleNotFoundError` without the extra ``ocr``."""
    found = models()
    if found is None:
        raise ModuleNotFoundError("rapidocr")
    return Engine(*found)


def _coloured(pixels: Pixels) -> Pixels:
    """Give a grey picture the three channels that the models want."""
    import numpy as np

    return np.repeat(pixels[:, :, None], 3, axis=2)
