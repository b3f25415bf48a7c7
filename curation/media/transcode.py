"""Make a clip from a source: one decoding pass feeds the film, its poster, its waveform and its loudness."""

from __future__ import annotations

import errno
import math
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from django.utils.translation import gettext as _

from .copying import MAX_FPS, picture_to_copy, sound_can_be_copied
from .errors import DamagedFile, NoPicture, NoRoom, NoSound, OutsideFile, TruncatedFile
from .facts import (
    SHORTFALL_S,
    MediaFacts,
    facts_of,
    origin_s,
    picture_stream,
    probe,
    sha256_of,
    sound_stream,
)
from .loudness import integrated_lufs
from .pictures import PosterPicker, Upright, fit_within
from .reading import open_media
from .sound import RATE_HZ, SoundTrack, peaks_of
from .writing import Copier, PictureEncoder, PictureWriter, SoundEncoder, SoundWriter, new_mp4

MAX_HEIGHT = 480
_SHORTEST_S = 0.05
_ROUNDING_S = 0.05
# Sound is handed on a sixth of a second at a time: few calls, and picture and sound stay interleaved.
_SOUND_PIECE = 8192
# A seek may land after the time asked for in files without an index; a second of margin costs little.
_SEEK_MARGIN_S = 1.0
_MAX_BAD_SHARE = 0.05
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class PreparedClip:
    """A clip ready to be served. `facts` and `sha256` are of the prepared film, not of its source."""

    video: Path
    poster: Path
    peaks: tuple[int, ...]
    """600 numbers of 0 to 255; 255 is full scale."""
    loudness_lufs: float | None
    loudness_note: str
    """Why there is no loudness; empty when there is one."""
    facts: MediaFacts
    sha256: str
    is_copy: bool
    """True when the source's picture was in the stored form already and was copied unchanged."""


def prepare_clip(
    source: Path,
    *,
    start_s: float,
    end_s: float,
    out_dir: Path,
    max_height: int = MAX_HEIGHT,
    name: str = "clip",
    threads: int = 1,
) -> PreparedClip:
    """Cut seconds `start_s` to `end_s` out of `source` into `out_dir/name.mp4` and `out_dir/name.jpg`.

    Both files appear complete or not at all; an older pair of that name is replaced. `end_s` may exceed the
    source's length; the clip then ends with the source. The same source gives the same bytes again.

    Raises `MediaError`: what `probe` raises, `NoSound`, `NoPicture`, `OutsideFile`, `TruncatedFile`,
    `DamagedFile`, `NoRoom`. Other errors of the disk stay `OSError`.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=".preparing-", dir=out_dir))
    try:
        with open_media(source, threads=threads) as container:
            facts = facts_of(container, source)
            cut = _Cut(source, container, facts, start_s, min(end_s, facts.duration_s), end_s)
            cut.check()
            clip = cut.run(workshop, max_height, threads)
        return _moved(clip, out_dir, name)
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoom(source.name, str(out_dir)) from error
        raise
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _moved(clip: PreparedClip, out_dir: Path, name: str) -> PreparedClip:
    """The clip under its own name; the film comes last, so a film is never without its poster."""
    poster = clip.poster.replace(out_dir / f"{name}.jpg")
    video = clip.video.replace(out_dir / f"{name}.mp4")
    return replace(clip, video=video, poster=poster)


class _Outlets:
    """Where the single pass leads: the film's two writers, the poster and the sound that is measured."""

    def __init__(
        self, picture: PictureWriter, sound: SoundWriter, upright: Upright, start_s: float, end_s: float
    ) -> None:
        self.picture = picture
        self.sound = sound
        self.upright = upright
        self.poster = PosterPicker(start_s, end_s)
        self.track = SoundTrack(start_s, end_s)


@dataclass(slots=True)
class _Cut:
    """One piece of one source on its way through the single pass. Times are seconds of the source."""

    source: Path
    container: InputContainer
    facts: MediaFacts
    start_s: float
    end_s: float
    asked_end_s: float
    n_frames: int = 0
    n_packets: int = 0
    n_bad: int = 0
    reached_s: float = 0.0
    """Where the decoded picture or sound ends, whichever lasts longer."""
    _done: set[int] = field(default_factory=set)
    """Streams that have passed the end of the piece."""

    def check(self) -> None:
        """Raise what is wrong before anything is decoded."""
        if not self.facts.has_video:
            raise NoPicture(self.source.name)
        if not self.facts.has_audio:
            raise NoSound(self.source.name)
        if not 0 <= self.start_s < self.end_s - _SHORTEST_S:
            raise OutsideFile(self.source.name, self.start_s, self.asked_end_s, self.facts.duration_s)

    def run(self, folder: Path, max_height: int, threads: int) -> PreparedClip:
        """Decode once; write the film and the poster into `folder`; measure the rest."""
        film, poster_path = folder / "clip.mp4", folder / "clip.jpg"
        upright = Upright(fit_within(self.facts.width, self.facts.height, max_height), self.facts.rotation)
        video, audio = picture_stream(self.container), sound_stream(self.container)
        assert video is not None and audio is not None  # noqa: S101  # check() refused a file without them
        ticks = picture_to_copy(self.container, video, self.facts, max_height, self.start_s, self.end_s)
        copies_sound = ticks is not None and self._is_whole() and sound_can_be_copied(self.container, audio)
        with new_mp4(film) as output:
            picture: PictureWriter = (
                Copier(output, video, *ticks)
                if ticks
                else PictureEncoder(output, upright.size, self._fps() / self._stride(), video, threads)
            )
            sound: SoundWriter = Copier(output, audio, None, None) if copies_sound else SoundEncoder(output)
            outlets = _Outlets(picture, sound, upright, self.start_s, self.end_s)
            self._decode(outlets, video, audio)
            picture.finish()
            sound.finish()
        outlets.poster.save(poster_path)
        loudness_lufs, note = integrated_lufs(outlets.track.filled, RATE_HZ)
        return PreparedClip(
            video=film,
            poster=poster_path,
            peaks=peaks_of(outlets.track.filled),
            loudness_lufs=loudness_lufs,
            loudness_note=note,
            facts=probe(film),
            sha256=sha256_of(film),
            is_copy=ticks is not None,
        )

    def _is_whole(self) -> bool:
        starts = self.start_s == 0 and abs(origin_s(self.container)) < _ROUNDING_S
        return starts and self.end_s >= self.facts.duration_s - _ROUNDING_S

    def _fps(self) -> float:
        return self.facts.fps or 25.0

    def _stride(self) -> int:
        """Keep every n-th frame: a 60 Hz game recording plays as well at 30, at half the work."""
        return max(1, math.ceil(self.facts.fps / MAX_FPS))

    def _decode(self, outlets: _Outlets, video: VideoStream, audio: AudioStream) -> None:
        """The single pass: every packet of the piece is decoded once, and everything is fed from it."""
        origin = origin_s(self.container)
        self.container.seek(int((max(0.0, self.start_s - _SEEK_MARGIN_S) + origin) * av.time_base))
        for packet in self.container.demux(video, audio):
            if packet.stream_index in self._done:
                continue
            for frame in self._frames(packet):
                at_s = (frame.time or 0.0) - origin
                if at_s >= self.end_s - 1e-4:
                    self._done.add(packet.stream_index)
                elif isinstance(frame, VideoFrame):
                    self._see(frame, at_s, outlets)
                else:
                    self._hear(frame, at_s, outlets)
            (outlets.picture if packet.stream_index == video.index else outlets.sound).packet(packet)
            if len(self._done) == 2:
                break
        outlets.track.flush()
        for first, samples in outlets.track.take():
            outlets.sound.samples(samples, first)
        self._check_complete(outlets.track)

    def _frames(self, packet: Packet[Any]) -> list[VideoFrame | AudioFrame]:
        """What a packet decodes to; a bad packet is counted and skipped, as a player would."""
        self.n_packets += 1
        try:
            return list(packet.decode())
        except av.error.InvalidDataError:
            self.n_bad += 1
            return []

    def _see(self, frame: VideoFrame, at_s: float, outlets: _Outlets) -> None:
        if at_s < self.start_s - 1e-3:
            return
        self.n_frames += 1
        self.reached_s = max(self.reached_s, at_s + 1 / self._fps())
        if (self.n_frames - 1) % self._stride():
            return
        picture = outlets.upright(frame)
        if outlets.poster.wants(at_s):
            outlets.poster.consider(picture, at_s)
        outlets.picture.frame(picture, at_s - self.start_s)

    def _hear(self, frame: AudioFrame, at_s: float, outlets: _Outlets) -> None:
        frame_end_s = at_s + frame.samples / frame.sample_rate
        if frame_end_s <= self.start_s:
            return
        self.reached_s = max(self.reached_s, frame_end_s)
        outlets.track.add(frame, at_s)
        for first, samples in outlets.track.take(at_least=_SOUND_PIECE):
            outlets.sound.samples(samples, first)

    def _check_complete(self, sound: SoundTrack) -> None:
        """Raise if the pass decoded less than the header promised."""
        name = self.source.name
        if self.reached_s < self.end_s - SHORTFALL_S:
            raise TruncatedFile(name, max(self.reached_s, self.start_s), self.end_s)
        if self.n_bad > max(2, _MAX_BAD_SHARE * self.n_packets):
            detail = _("%(bad)d of %(all)d packets are unreadable") % {
                "bad": self.n_bad,
                "all": self.n_packets,
            }
            raise DamagedFile(name, detail)
        if self.n_frames == 0:
            raise NoPicture(name, self.start_s, self.end_s)
        if sound.filled.shape[1] == 0:
            raise NoSound(name, self.start_s, self.end_s)
