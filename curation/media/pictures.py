"""The picture of a clip while it is decoded: upright, small enough, and one good frame for the poster."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from .facts import upright_size

_TURNS = {90: ("transpose=clock",), 180: ("hflip", "vflip"), 270: ("transpose=cclock",)}
_JPEG_QUALITY = 4  # FFmpeg's scale: 2 is best, 31 is worst
# Luma of 16..235: below this mean a frame is as good as black, below this spread it is a plain card.
_BLACK_MEAN = 34.0
_PLAIN_SPREAD = 6.0


def fit_within(width: int, height: int, max_height: int) -> tuple[int, int]:
    """The even size, at most `max_height` high and never larger than given, with the same proportions.

    H.264's usual colour format stores colour for 2 x 2 pixels, hence even.

    >>> fit_within(1920, 1080, 480)
    (854, 480)
    >>> fit_within(641, 359, 480)
    (640, 358)
    """
    if height > max_height:
        width, height = round(width * max_height / height / 2) * 2, max_height
    return max(2, width // 2 * 2), max(2, height // 2 * 2)


class Upright:
    """Turns and shrinks frames to the prepared size; leaves a frame alone that already fits."""

    def __init__(self, size: tuple[int, int], turn: int) -> None:
        self.size = size
        self._turn = turn
        self._reformatter = VideoReformatter()
        self._graph: Graph | None = None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """The frame at `size`, yuv420p, upright. A film may change its size midway; the result does not."""
        width, height = upright_size(*self.size, None, self._turn)
        frame = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="yuv420p",
            interpolation=Interpolation.AREA if frame.height > height else Interpolation.BICUBIC,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        return self._turned(frame) if self._turn in _TURNS else frame

    def _turned(self, frame: VideoFrame) -> VideoFrame:
        if self._graph is None:
            self._graph = _turning_graph(frame, _TURNS[self._turn])
        frame.pts, frame.time_base = 0, Fraction(1, 1)
        self._graph.push(frame)
        turned = self._graph.pull()
        assert isinstance(turned, VideoFrame)  # noqa: S101  # the graph has one video output
        return turned


def _turning_graph(frame: VideoFrame, steps: tuple[str, ...]) -> Graph:
    graph = Graph()
    chain = [
        graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1)
        )
    ]
    chain += [graph.add(*step.split("=")) for step in steps]
    chain.append(graph.add("buffersink"))
    for upstream, downstream in pairwise(chain):
        upstream.link_to(downstream)
    graph.configure()
    return graph


@dataclass(slots=True)
class PosterPicker:
    """Keeps the one frame that shows a clip best: near a third in, where the song has begun, and not black.

    It looks at a frame a second or so and holds on to one, so a long clip costs no memory.
    """

    start_s: float
    end_s: float
    _best: VideoFrame | None = None
    _best_cost: float = float("inf")
    _next_look_s: float = float("-inf")

    def wants(self, at_s: float) -> bool:
        """Whether the frame at `at_s` is worth a look."""
        return at_s >= self._next_look_s

    def consider(self, frame: VideoFrame, at_s: float) -> None:
        """Keep this yuv420p frame if it is the best so far."""
        length_s = max(self.end_s - self.start_s, 1e-6)
        self._next_look_s = at_s + min(1.0, length_s / 12)
        distance = abs((at_s - self.start_s) / length_s - 1 / 3)
        cost = distance + (2.0 if is_dull(frame) else 0.0)
        if cost < self._best_cost:
            self._best, self._best_cost = frame, cost

    def save(self, path: Path) -> None:
        """Write the kept frame as a JPEG. Raises `LookupError` if no frame was ever considered."""
        if self._best is None:
            raise LookupError("No frame was considered, so there is no poster to save.")
        path.write_bytes(jpeg_of(self._best))


def is_dull(frame: VideoFrame) -> bool:
    """Whether a yuv420p frame is nearly black or nearly one plain colour."""
    plane = frame.planes[0]
    luma = np.frombuffer(memoryview(plane), np.uint8).reshape(frame.height, plane.line_size)[
        ::4, : frame.width : 4
    ]
    return bool(luma.mean() < _BLACK_MEAN or luma.std() < _PLAIN_SPREAD)


def jpeg_of(frame: VideoFrame) -> bytes:
    """The frame as a JPEG file."""
    picture = frame.reformat(format="yuvj420p", dst_color_range=ColorRange.JPEG, threads=1)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = picture.width, picture.height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": str(_JPEG_QUALITY), "qmax": str(_JPEG_QUALITY)}
    picture.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])
