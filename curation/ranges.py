"""Serve part of a file, so that a player can seek.

Django's own `FileResponse` ignores `Range`, and a browser cannot seek in a film served so. This is RFC 9110,
section 14, for one range; several at once are answered with the whole file, which the standard allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import http_date

CHUNK_BYTES = 256 * 1024
_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII | re.IGNORECASE)
_MAX_DIGITS = 18


def range_response(
    request: HttpRequest, path_or_file: Path | File[Any], content_type: str, etag: str | None = None
) -> HttpResponseBase:
    """The file, or the one range of bytes the request asks for: 200, 206, 304 or 416.

    `path_or_file` is a path or an unread Django file (a storage's `open`); it is closed with the response.
    `etag` is bare, without quotes: the content's hash. A `Range` with an `If-Range` that does not match is
    answered whole, so that a player never joins two versions of a file. HEAD has the headers and no body.
    """
    modified_s = path_or_file.stat().st_mtime if isinstance(path_or_file, Path) else None
    size = path_or_file.stat().st_size if isinstance(path_or_file, Path) else path_or_file.size
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private"}
    if etag:
        headers["ETag"] = f'"{etag}"'
    if modified_s is not None:
        headers["Last-Modified"] = http_date(modified_s)
    if etag and _matches(request.headers.get("If-None-Match", ""), etag):
        return _without_body(path_or_file, 304, headers)
    first, last, status = 0, size - 1, 200
    wanted = request.headers.get("Range") if request.method == "GET" else None
    if wanted and _may_use_range(request.headers.get("If-Range"), etag, modified_s):
        try:
            found = parse_range(wanted, size)
        except ValueError:
            return _without_body(path_or_file, 416, headers | {"Content-Range": f"bytes */{size}"})
        if found is not None:
            (first, last), status = found, 206
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    if request.method == "HEAD":
        return _without_body(path_or_file, status, headers, content_type)
    source = path_or_file.open("rb") if isinstance(path_or_file, Path) else path_or_file
    response = StreamingHttpResponse(
        _chunks(source, first, last - first + 1), status=status, content_type=content_type, headers=headers
    )
    # Django calls this when the client has gone, also when the body was never read to its end.
    response._resource_closers.append(source.close)  # type: ignore[attr-defined]
    return response


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range over `size` bytes; None if the header is to be ignored.

    Raises `ValueError` if the range lies outside the file, which is a 416.

    >>> parse_range("bytes=500-", 1000), parse_range("bytes=-200", 1000), parse_range("lines=1-2", 1000)
    ((500, 999), (800, 999), None)
    """
    match = _ONE_RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None
    start, end = match.groups()
    # More digits than any file has bytes mean its end, and are never turned into a number.
    start, end = (part if len(part) <= _MAX_DIGITS else "9" * _MAX_DIGITS for part in (start, end))
    if not start:
        first, last = max(0, size - int(end)), size - 1
    else:
        first, last = int(start), min(int(end) if end else size - 1, size - 1)
        if end and int(end) < int(start):
            return None
    if first >= size or last < first:
        raise ValueError(f"The range {header!r} lies outside the {size} bytes of the file.")
    return first, last


def _may_use_range(if_range: str | None, etag: str | None, modified_s: float | None) -> bool:
    """Whether the part the client holds is of this version. A weak validator never is (RFC 9110, 13.1.5)."""
    if if_range is None:
        return True
    if if_range.startswith('"'):
        return etag is not None and if_range == f'"{etag}"'
    try:
        return modified_s is not None and parsedate_to_datetime(if_range).timestamp() == int(modified_s)
    except ValueError:
        return False


def _matches(if_none_match: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return f'"{etag}"' in tags or tags == ["*"]


def _without_body(
    path_or_file: Path | File[Any], status: int, headers: dict[str, str], content_type: str | None = None
) -> HttpResponse:
    if not isinstance(path_or_file, Path):
        path_or_file.close()
    return HttpResponse(status=status, content_type=content_type, headers=headers)


def _chunks(source: IO[bytes] | File[Any], first: int, n_bytes: int) -> Iterator[bytes]:
    source.seek(first)
    while n_bytes > 0:
        block = source.read(min(CHUNK_BYTES, n_bytes))
        if not block:
            return
        n_bytes -= len(block)
        yield block
