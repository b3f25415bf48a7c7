"""Probing: the facts of a file, and a sentence for everything that is not a usable file."""

import shutil
import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest

from curation.media import (
    DamagedFile,
    EmptyFile,
    MediaError,
    MissingFile,
    NotMedia,
    PictureTooLarge,
    TruncatedFile,
    probe,
    sha256_of,
    verify_decodes,
)
from curation.media.facts import upright_size
from curation.media.reading import open_media, sniff
from tests.media import make_empty, make_film, make_text_named_mp4, make_truncated


def test_probe_tells_length_size_codecs_and_sound(tmp_path: Path) -> None:
    facts = probe(make_film(tmp_path / "a.mp4", seconds=2, size=(64, 48), fps=10))
    assert facts.duration_s == pytest.approx(2.0, abs=0.05)
    assert (facts.width, facts.height, facts.rotation) == (64, 48, 0)
    assert facts.fps == pytest.approx(10)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert (facts.sample_rate_hz, facts.audio_channels) == (48_000, 2)
    assert facts.size_bytes == (tmp_path / "a.mp4").stat().st_size
    assert facts.bitrate_bps > 0


def test_facts_of_a_phone_video_are_of_the_upright_picture(tmp_path: Path) -> None:
    path = make_film(tmp_path / "phone.mp4", size=(96, 48), rotation=90)
    facts = probe(path)
    assert (facts.width, facts.height, facts.rotation) == (48, 96, 90)
    data = path.read_bytes()
    # 0, 1 / -1, 0 in 16.16 is what a phone held upright writes for a quarter turn clockwise.
    matrix = struct.unpack_from(">9i", data, data.index(b"tkhd") + 4 + 40)
    assert (matrix[0], matrix[1], matrix[3], matrix[4]) == (0, 0x10000, -0x10000, 0)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_every_quarter_turn_is_read(tmp_path: Path, rotation: int) -> None:
    assert probe(make_film(tmp_path / "a.mp4", seconds=0.5, rotation=rotation)).rotation == rotation


def test_stretched_pixels_are_counted_as_square_ones() -> None:
    assert upright_size(720, 576, Fraction(16, 15), 0) == (768, 576)
    assert upright_size(720, 576, None, 270) == (576, 720)


@pytest.mark.parametrize("name", ["a.webm", "a.mkv", "a.avi", "a.ts", "a.mov", "a.flv", "a.mpg"])
def test_common_containers_are_recognised_by_their_bytes_not_their_name(tmp_path: Path, name: str) -> None:
    made = make_film(tmp_path / name, seconds=1, fps=25, rate_hz=44_100 if name == "a.flv" else 48_000)
    renamed = made.rename(tmp_path / "upload.bin")
    facts = probe(renamed)
    assert facts.has_video and facts.has_audio
    assert facts.duration_s == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize(
    ("suffix", "container"), [("wav", "wav"), ("flac", "flac"), ("mp3", "mp3"), ("ogg", "ogg")]
)
def test_music_files_are_media_without_a_picture(tmp_path: Path, suffix: str, container: str) -> None:
    codec = {"wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "ogg": "libopus"}[suffix]
    path = tmp_path / f"song.{suffix}"
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=48_000)
        stream.codec_context.layout = "mono"
        frame = av.AudioFrame(format="s16", layout="mono", samples=48_000)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.sample_rate = 48_000
        output.mux([*stream.encode(frame), *stream.encode(None)])
    assert sniff(path) == container
    facts = probe(path)
    assert facts.has_audio and not facts.has_video
    assert facts.width == facts.height == 0


def test_length_of_a_browser_recording_without_duration_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "live.webm"
    with path.open("wb") as file:

        class Pipe:
            """Cannot seek, like a recorder's stream, so the muxer cannot go back and fill in the length."""

            def write(self, data: bytes) -> int:
                return file.write(data)

        with (
            av.open(str(make_film(tmp_path / "a.webm", seconds=2))) as source,
            av.open(Pipe(), "w", format="webm") as output,
        ):
            copies = {s.index: output.add_stream_from_template(s) for s in source.streams}
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = copies[packet.stream_index]
                    output.mux(packet)
    with av.open(str(path)) as container:
        assert container.duration is None
    assert probe(path).duration_s == pytest.approx(2.0, abs=0.15)


def test_a_playlist_named_mp4_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotMedia, match=r"“list\.mp4” is not a video file: it looks like text.*playlist"):
        probe(make_text_named_mp4(tmp_path / "list.mp4"))


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page saved by mistake"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "a still picture"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04" + bytes(30), "an archive"),
        (bytes(range(1, 256)) * 4, "data of an unknown kind"),
        (b"\xff", "data of an unknown kind"),
    ],
)
def test_what_is_not_a_film_is_named(tmp_path: Path, head: bytes, words: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(head)
    with pytest.raises(NotMedia, match=words):
        probe(path)


def test_an_empty_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile, match=r"“none\.mp4” is empty \(0 bytes\)"):
        probe(make_empty(tmp_path / "none.mp4"))


@pytest.mark.parametrize("name", ["gone.mp4", ""])
def test_a_missing_file_and_a_folder_are_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingFile, match="is no longer there"):
        probe(tmp_path / name)


def test_a_film_without_its_index_is_called_cut_short(tmp_path: Path) -> None:
    path = make_truncated(tmp_path / "half.mp4", index_first=False)
    with pytest.raises(TruncatedFile, match=r"“half\.mp4” is cut short: the index .*“moov”") as caught:
        probe(path)
    assert caught.value.found_s is None


def test_a_film_that_ends_before_its_promise_is_called_cut_short(tmp_path: Path) -> None:
    path = make_truncated(tmp_path / "half.mp4", keep=0.5, seconds=4)
    assert probe(path).duration_s == pytest.approx(4.0, abs=0.1)
    with pytest.raises(TruncatedFile, match=r"should last 4\.0 seconds but ends after [12]\.\d") as caught:
        verify_decodes(path)
    assert caught.value.found_s is not None and caught.value.found_s < 3


def test_a_whole_film_passes_the_check(tmp_path: Path) -> None:
    assert verify_decodes(make_film(tmp_path / "a.mp4", seconds=2)) == pytest.approx(2.0, abs=0.1)


def test_an_index_of_nonsense_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(
        struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + struct.pack(">I4s", 24, b"moov") + bytes(16)
    )
    with pytest.raises(DamagedFile, match=r"“a\.mp4” is damaged"):
        probe(path)


def test_a_film_of_which_no_frame_decodes_is_called_damaged(tmp_path: Path) -> None:
    path = make_film(tmp_path / "a.mp4", audio=False)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = bytes(end - start)
    path.write_bytes(data)
    with pytest.raises(DamagedFile, match="no picture can be decoded"):
        probe(path)


def test_a_picture_that_could_exhaust_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curation.media.facts.MAX_MEGAPIXELS", 0)
    with pytest.raises(PictureTooLarge, match=r"64 × 48 pixels; at most 0 megapixels"):
        probe(make_film(tmp_path / "a.mp4", seconds=0.2))


def test_a_film_that_refers_to_another_file_does_not_open_it(tmp_path: Path) -> None:
    """A QuickTime reference movie names its media by path; the server must not read its own disk for it."""
    path = make_film(tmp_path / "a.mov", seconds=1)
    data = path.read_bytes()
    # Mark the media as external: the flag "self-contained" of each data reference is cleared.
    path.write_bytes(data.replace(b"url \x00\x00\x00\x01", b"url \x00\x00\x00\x00"))
    with open_media(path) as container:
        assert container.options.get("enable_drefs") == "0"
        assert container.options.get("protocol_whitelist") == "file"


def test_a_name_that_looks_like_a_protocol_is_only_a_name(tmp_path: Path) -> None:
    path = make_film(tmp_path / "a.mp4", seconds=0.5)
    odd = tmp_path / "concat:b.mp4|c.mp4"
    shutil.copy(path, odd)
    assert probe(odd).has_video


def test_checksum_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_every_media_error_is_one_family() -> None:
    assert all(
        issubclass(error, MediaError)
        for error in (NotMedia, MissingFile, EmptyFile, TruncatedFile, DamagedFile, PictureTooLarge)
    )
