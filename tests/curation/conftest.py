"""Clips whose files are there."""

from collections.abc import Callable

import pytest
from django.conf import settings

from curation.models import Clip

FILM, POSTER = b"film" * 500, b"poster" * 20


@pytest.fixture
def with_files() -> Callable[[Clip], Clip]:
    """`with_files(clip)`: puts something where the clip's film and poster should lie."""

    def put(clip: Clip) -> Clip:
        for name, data in ((clip.media, FILM), (clip.poster, POSTER)):
            path = settings.MEDIA_ROOT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return clip

    return put
