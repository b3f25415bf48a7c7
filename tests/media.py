"""Tiny real media files for tests, made in a few milliseconds; the repository holds no binary fixtures."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
_CODECS = {".webm": ("libvpx", "libopus"), ".mpg": ("mpeg1video", "mp2")}


def make_film(
    path: Path,
    *,
    seconds: float = 2.0,
    size: tuple[int, int] = (64, 48),
    fps: int = 10,
    tone_hz: float = 440.0,
    tone_peak: float = 0.3,
    colour: Rgb = (200, 120, 40),
    audio: bool = True,
    video: bool = True,
    rate_hz: int = 48_000,
    channels: int = 2,
    rotation: int = 0,
    black_s: float = 0.0,
    container: str | None = None,
) -> Path:
    """A film of a tone and a plain colour with a white square that wanders from left to right.

    `rotation` is what a phone writes: degrees clockwise the player must turn it. The first `black_s` seconds
    of the picture are black. H.264 and AAC, unless the name's ending (.webm, .mpg)
    asks for others. Returns `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    codecs = _CODECS.get(path.suffix, ("libx264", "aac"))
    options = {"libvpx": {"deadline": "realtime", "cpu-used": "8"}, "libx264": {"preset": "ultrafast"}}
    with av.open(str(path), "w", format=container) as output:
        if video:
            picture = output.add_stream(codecs[0], rate=fps, options=options.get(codecs[0], {}))
            picture.width, picture.height = size
            # Odd sizes exist only without colour subsampling.
            picture.pix_fmt = "yuv420p" if size[0] % 2 == size[1] % 2 == 0 else "yuv444p"
            picture.codec_context.thread_count = 1
            if rotation:
                picture.set_display_rotation(-rotation)
        if audio:
            sound = output.add_stream(codecs[1], rate=rate_hz)
            sound.codec_context.layout = "stereo" if channels == 2 else "mono"
        output.start_encoding()
        if audio:
            samples = tone(seconds, rate_hz, tone_hz, tone_peak, channels)
            frame = AudioFrame.from_ndarray(samples, format="fltp", layout=sound.codec_context.layout.name)
            frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
            output.mux([*sound.encode(frame), *sound.encode(None)])
        if video:
            for i in range(max(1, round(seconds * fps))):
                ground = (0, 0, 0) if i / fps < black_s else colour
                output.mux(picture.encode(_picture(i, round(seconds * fps), size, ground)))
            output.mux(picture.encode(None))
    return path


def tone(
    seconds: float, rate_hz: int, hz: float, peak: float = 0.3, channels: int = 2
) -> NDArray[np.float32]:
    """A sine: (channel, sample) float32, full scale ±1."""
    wave = peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)
    return np.repeat(wave[None].astype(np.float32), channels, axis=0)


def make_text_named_mp4(path: Path) -> Path:
    """A playlist under a film's name: what some download tools leave behind."""
    path.write_text(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\nhttp://example.invalid/part-1.ts\n#EXT-X-ENDLIST\n"
    )
    return path


def make_truncated(path: Path, *, keep: float = 0.5, seconds: float = 4.0, index_first: bool = True) -> Path:
    """A film of which only the share `keep` of its bytes arrived, with its index (`moov`) first or last."""
    whole = path.with_name(f"{path.stem}-whole{path.suffix}")
    make_film(whole, seconds=seconds)
    if index_first:
        whole = _with_index_first(whole)
    data = whole.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    whole.unlink()
    return path


def make_empty(path: Path) -> Path:
    """A file of no bytes."""
    path.write_bytes(b"")
    return path


def _with_index_first(path: Path) -> Path:
    moved = path.with_name(f"{path.stem}-fast{path.suffix}")
    with av.open(str(path)) as source, av.open(str(moved), "w", options={"movflags": "+faststart"}) as output:
        copies = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream_index]
                output.mux(packet)
    path.unlink()
    return moved


def _picture(i: int, n: int, size: tuple[int, int], ground: Rgb) -> VideoFrame:
    width, height = size
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = ground
    if any(ground):
        side = max(2, height // 4)
        left = (width - side) * i // max(1, n)
        pixels[height // 3 : height // 3 + side, left : left + side] = 255
    return VideoFrame.from_ndarray(pixels, format="rgb24")
