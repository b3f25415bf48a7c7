"""Write one source as a real video file: H.264 and AAC in MP4, as a download would be."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import PictureType, VideoFrame

from .catalogue import SourcePlan
from .instruments import RATE_HZ
from .music import Piece, compose, jingle, tempo_of
from .painting import HEIGHT, WIDTH, Frame
from .pictures import IDENT_S, MANNERS, Film, Look
from .score import Stereo

# A re-upload is softer, a little darker and coarser than what it was copied from; its film and song are the same.
_REUPLOAD_GAIN = 10 ** (-2.5 / 20)
_REUPLOAD_LIGHT = 0.95
_CRF, _REUPLOAD_CRF = 25, 31
_X264 = "ref=1:subme=1:me=dia:partitions=i4x4"


def write_source(plan: SourcePlan, folder: Path) -> Path:
    """Make the source and write it as `folder/name.mp4`, complete or not at all; the same plan, the same bytes."""
    cv2.setNumThreads(1)
    path = folder / f"{plan.name}.mp4"
    unfinished = path.with_suffix(".part")
    piece = Piece(plan.emotion, plan.seconds, plan.seed, plan.variant, plan.leaning)
    film = Film(look_of(plan, tempo_of(piece)))
    _encode(unfinished, film, music_of(plan, piece), plan)
    unfinished.replace(path)
    return path


def look_of(plan: SourcePlan, bpm: float) -> Look:
    """How the plan looks."""
    return Look(
        emotion=plan.emotion,
        seconds=plan.seconds,
        seed=plan.seed,
        variant=plan.variant,
        bpm=bpm,
        has_face=plan.has_face,
        leans=plan.leaning > 0,
        has_letterbox=plan.has_letterbox,
        has_logo=plan.has_logo,
        has_ident=plan.has_jingle,
    )


def music_of(plan: SourcePlan, piece: Piece) -> Stereo:
    """How the plan sounds: its piece, after the channel's jingle if it has one."""
    music = compose(piece)
    if plan.has_jingle:
        opening = jingle(IDENT_S)[:, : music.shape[1]]
        n = opening.shape[1]
        music[:, :n] *= np.linspace(0, 1, n, dtype=np.float32) ** 6
        music[:, :n] += opening
    return music * np.float32(_REUPLOAD_GAIN) if plan.copy_of else music


def _encode(path: Path, film: Film, music: Stereo, plan: SourcePlan) -> None:
    fps = MANNERS[plan.emotion].fps
    crf = _REUPLOAD_CRF if plan.copy_of else _CRF
    options = {
        "preset": "veryfast",
        "profile": "main",
        "crf": str(crf),
        "forced-idr": "1",
        "x264-params": _X264,
    }
    with av.open(
        str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
    ) as output:
        video = output.add_stream("libx264", rate=fps, options=options)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.gop_size = 2 * fps
        video.codec_context.thread_count = 1
        audio = output.add_stream("aac", rate=RATE_HZ, options={"aac_coder": "fast"})
        audio.codec_context.layout = "stereo"
        audio.codec_context.bit_rate = 112_000
        for second in range(round(plan.seconds)):
            for k in range(fps):
                i = second * fps + k
                output.mux(video.encode(_picture(film.frame(i / fps), i, fps, copied=bool(plan.copy_of))))
            output.mux(audio.encode(_sound(music, second)))
        output.mux([*video.encode(None), *audio.encode(None)])


def _picture(frame: Frame, i: int, fps: int, *, copied: bool) -> VideoFrame:
    if copied:
        frame = np.asarray(cv2.convertScaleAbs(frame, alpha=_REUPLOAD_LIGHT), np.uint8)
    planes = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420), np.uint8)
    picture = VideoFrame.from_ndarray(planes, format="yuv420p")
    picture.pts, picture.time_base = i, Fraction(1, fps)
    # A keyframe on every whole second: a clip can then be cut out of the source without encoding it again.
    picture.pict_type = PictureType.NONE if i % fps else PictureType.I
    return picture


def _sound(music: Stereo, second: int) -> AudioFrame:
    piece = np.ascontiguousarray(music[:, second * RATE_HZ : (second + 1) * RATE_HZ])
    frame = AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, second * RATE_HZ, Fraction(1, RATE_HZ)
    return frame
