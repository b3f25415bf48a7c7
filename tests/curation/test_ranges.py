"""Serving a part of a file: RFC 9110, section 14, for one range."""

from pathlib import Path

import pytest
from django.core.files import File
from django.http import HttpResponseBase
from django.test import RequestFactory

from curation.ranges import CHUNK_BYTES, parse_range, range_response

# Closing a response lets Django look after its connections, which tests allow only where a database is in use.
pytestmark = pytest.mark.django_db

DATA = bytes(range(256)) * 4
SIZE = len(DATA)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(DATA)
    return path


def ask(clip: Path, *, method: str = "GET", etag: str | None = "abc", **headers: str) -> HttpResponseBase:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = RequestFactory().generic(method, "/clip", headers=named)
    return range_response(request, clip, "video/mp4", etag)


def body(response: HttpResponseBase) -> bytes:
    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    response.close()
    return content


def test_without_a_range_the_whole_file_is_served(clip: Path) -> None:
    response = ask(clip)
    assert response.status_code == 200
    assert body(response) == DATA
    assert response["Content-Length"] == str(SIZE)
    assert response["Content-Type"] == "video/mp4"
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private"
    assert response["ETag"] == '"abc"'
    assert "Content-Range" not in response


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-", 0, SIZE - 1),
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=1000-", 1000, SIZE - 1),
        ("bytes=1000-99999", 1000, SIZE - 1),
        ("bytes=-24", SIZE - 24, SIZE - 1),
        ("bytes=-99999", 0, SIZE - 1),
        ("Bytes = 5 - 9", 5, 9),
    ],
)
def test_a_range_is_answered_with_its_bytes(clip: Path, header: str, first: int, last: int) -> None:
    response = ask(clip, Range=header)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response["Content-Length"] == str(last - first + 1)
    assert body(response) == DATA[first : last + 1]


@pytest.mark.parametrize(
    "header", [f"bytes={SIZE}-", "bytes=5000-6000", "bytes=-0", "bytes=" + "9" * 40 + "-"]
)
def test_a_range_outside_the_file_is_refused_with_its_size(clip: Path, header: str) -> None:
    response = ask(clip, Range=header)
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"
    assert body(response) == b""


@pytest.mark.parametrize(
    "header", ["bytes=9-5", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=١-٢", "nonsense"]
)
def test_what_is_not_one_range_is_ignored(clip: Path, header: str) -> None:
    assert parse_range(header, SIZE) is None


def test_several_ranges_are_answered_with_the_whole_file(clip: Path) -> None:
    response = ask(clip, Range="bytes=0-1,5-6")
    assert response.status_code == 200
    assert body(response) == DATA


def test_the_version_the_client_holds_is_continued(clip: Path) -> None:
    assert ask(clip, Range="bytes=5-", If_Range='"abc"').status_code == 206


def test_another_version_is_served_whole(clip: Path) -> None:
    for held in ('"old"', 'W/"abc"', "Thu, 01 Jan 1970 00:00:00 GMT", "not a date"):
        response = ask(clip, Range="bytes=5-", If_Range=held)
        assert (response.status_code, body(response)) == (200, DATA)


def test_the_date_of_the_file_is_a_version_too(clip: Path) -> None:
    date = ask(clip)["Last-Modified"]
    assert ask(clip, Range="bytes=5-", If_Range=date).status_code == 206


def test_a_file_without_etag_matches_none(clip: Path) -> None:
    response = ask(clip, etag=None, Range="bytes=5-", If_Range='"abc"')
    assert response.status_code == 200
    assert "ETag" not in response


@pytest.mark.parametrize("held", ['"abc"', 'W/"abc"', '"x", "abc"', "*"])
def test_a_version_the_client_holds_whole_is_not_sent_again(clip: Path, held: str) -> None:
    response = ask(clip, If_None_Match=held)
    assert (response.status_code, body(response)) == (304, b"")
    assert response["ETag"] == '"abc"'


def test_a_head_request_has_the_headers_and_no_body(clip: Path) -> None:
    response = ask(clip, method="HEAD", Range="bytes=0-9")
    assert (response.status_code, body(response)) == (200, b"")
    assert response["Content-Length"] == str(SIZE)
    assert response["Content-Type"] == "video/mp4"
    assert response["Accept-Ranges"] == "bytes"


def test_an_empty_file_has_no_range(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    assert body(ask(path)) == b""
    assert ask(path, Range="bytes=0-").status_code == 416


def test_a_large_file_is_sent_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(3 * CHUNK_BYTES + 5))
    response = ask(path, Range="bytes=1-")
    assert [len(piece) for piece in response.streaming_content] == [CHUNK_BYTES] * 3 + [4]  # type: ignore[attr-defined]
    response.close()


def test_a_file_that_shrinks_while_it_is_sent_ends_early(clip: Path) -> None:
    response = ask(clip)
    clip.write_bytes(b"short")
    assert body(response) == b"short"


def test_a_stored_file_is_served_and_closed(clip: Path) -> None:
    file = File(clip.open("rb"))
    request = RequestFactory().get("/clip", headers={"Range": "bytes=-4"})
    response = range_response(request, file, "video/mp4")
    assert body(response) == DATA[-4:]
    assert file.closed
    assert "Last-Modified" not in response


def test_a_stored_file_is_closed_when_nothing_is_sent(clip: Path) -> None:
    file = File(clip.open("rb"))
    request = RequestFactory().get("/clip", headers={"Range": "bytes=9999-"})
    assert range_response(request, file, "video/mp4").status_code == 416
    assert file.closed


def test_a_client_that_leaves_early_leaves_no_open_file(clip: Path) -> None:
    response = ask(clip)
    next(response.streaming_content)  # type: ignore[attr-defined,call-overload]
    closers = response._resource_closers  # type: ignore[attr-defined]
    response.close()
    assert all(closer.__self__.closed for closer in closers if hasattr(closer.__self__, "closed"))
