"""Open a media file without ever touching another one.

FFmpeg happily follows a playlist, a concat script or a reference to other files and addresses. An upload must
not make the server read its own disk or the network, so the container is recognised here by its first bytes,
and the demuxer is told which one it is and which protocol it may use. Text formats are never opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from django.utils.translation import gettext as _

from .errors import DamagedFile, EmptyFile, MissingFile, NotMedia, TruncatedFile

MOV = "mov,mp4,m4a,3gp,3g2,mj2"
MATROSKA = "matroska,webm"
_HEAD_BYTES = 4096
_TS_PACKET = 188
_M2TS_PACKET = 192
_MOV_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"}
_MAGIC = (
    (b"\x1aE\xdf\xa3", MATROSKA),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
    (b"FLV\x01", "flv"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")


def sniff(path: Path) -> str:
    """The name of FFmpeg's demuxer for this file, judged by its first bytes alone.

    Raises `MissingFile`, `EmptyFile` or `NotMedia`.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MissingFile(path.name) from error
    if not head:
        raise EmptyFile(path.name)
    container = _container_of(head)
    if container is None:
        raise NotMedia(path.name, _looks_like(head))
    return container


def _container_of(head: bytes) -> str | None:
    if head[4:8] in _MOV_BOXES:
        return MOV
    for magic, container in _MAGIC:
        if head.startswith(magic):
            return container
    if head[:4] in (b"RIFF", b"RF64"):
        return {b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12])
    if _repeats(head, 0, _TS_PACKET) or _repeats(head, 4, _M2TS_PACKET):
        return "mpegts"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] != 0xFF and head[2] != 0xFF:
        return "aac" if head[1] & 0x06 == 0 else "mp3"
    return None


def _repeats(head: bytes, first: int, step: int) -> bool:
    """Whether MPEG's sync byte stands at `first` and every `step` bytes, five times."""
    at = range(first, first + 5 * step, step)
    return len(head) > at[-1] and all(head[i] == 0x47 for i in at)


def _looks_like(head: bytes) -> str:
    if head.startswith(_PICTURES):
        return _("a still picture")
    if head.startswith(b"%PDF"):
        return _("a PDF document")
    if head.startswith(b"PK\x03\x04"):
        return _("an archive (ZIP)")
    text = head[:-4].decode("utf-8", "ignore") if len(head) == _HEAD_BYTES else head.decode("utf-8", "ignore")
    if text and len(text.encode()) >= 0.95 * len(head[: len(head) - 4]) and "\0" not in text:
        if text.lstrip().lower().startswith(("<!doctype", "<html")):
            return _("a web page saved by mistake")
        return _("text, for example a playlist or a list of links")
    return _("data of an unknown kind")


@contextmanager
def open_media(path: Path, *, threads: int = 1) -> Iterator[InputContainer]:
    """The file's container, for reading on so many threads; nothing but this file can be opened through it.

    Raises `MissingFile`, `EmptyFile`, `NotMedia`, `TruncatedFile` (no index) or `DamagedFile`.
    """
    container_format = sniff(path)
    options = {"protocol_whitelist": "file", "format_whitelist": container_format}
    if container_format == MOV:
        if not has_index(path):
            raise TruncatedFile(path.name)
        options |= {"enable_drefs": "0", "use_absolute_path": "0"}
    try:
        container = av.open(f"file:{path.resolve()}", format=container_format, options=options)
    except av.error.FFmpegError as error:
        raise DamagedFile(path.name, error.strerror or _("unreadable header")) from error
    with container:
        for stream in container.streams.video:
            if stream.codec_context is not None:
                stream.thread_type, stream.codec_context.thread_count = "AUTO", threads
        yield container


def has_index(path: Path) -> bool:
    """Whether an MP4 or MOV file has its `moov` box; without it nothing can be played."""
    return any(kind in (b"moov", b"moof") for kind, _at, _size in boxes(path))


def boxes(path: Path) -> Iterator[tuple[bytes, int, int]]:
    """The outermost boxes of an MP4 or MOV file, as far as they go: kind, offset and size in bytes."""
    n_bytes = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= n_bytes:
            file.seek(at)
            header = file.read(16)
            size, kind = int.from_bytes(header[:4], "big"), header[4:8]
            if size == 1:
                size = int.from_bytes(header[8:16], "big")
            if size == 0:
                size = n_bytes - at
            if size < 8:
                return
            yield kind, at, size
            at += size
