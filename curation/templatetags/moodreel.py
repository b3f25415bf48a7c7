"""Emotions, shares and seconds as pages write them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_countries import countries

from curation.emotions import Emotion
from curation.models import Split

register = template.Library()
NOTHING = "–"


@register.simple_tag
def emotions() -> list[Emotion]:
    """The six emotions in their order; each has `value` and `label`."""
    return list(Emotion)


@register.filter
def emotion_label(value: str) -> str | Promise:
    """The translated name of a stored emotion; anything else stays as it is."""
    return Emotion(value).label if value in Emotion.values else value


@register.filter
def split_label(value: str) -> str | Promise:
    """The translated name of a stored split."""
    return Split(value).label if value in Split.values else value


@register.filter
def percent(share: Any, digits: int = 0) -> str:
    """A share of 1 in percent, or a dash where there is none.

    >>> percent(0.712, 1)
    '71.2 %'
    """
    if not isinstance(share, int | float):
        return NOTHING
    return _("%(number)s %%") % {"number": number_format(round(100 * share, digits), digits)}


@register.filter
def decimals(value: Any, digits: int = 2) -> str:
    """A number with so many decimals, or a dash where there is none."""
    if not isinstance(value, int | float):
        return NOTHING
    return number_format(round(value, digits), digits, force_grouping=True)


@register.filter
def clock(seconds: Any) -> str:
    """Seconds as a player writes them.

    >>> clock(95.4)
    '1:35'
    """
    if not isinstance(seconds, int | float):
        return NOTHING
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


@register.filter
def span(length: timedelta | None) -> str:
    """A length of time in the largest unit that says enough.

    >>> span(timedelta(seconds=200))
    'about 3 min'
    """
    if length is None:
        return NOTHING
    seconds = round(length.total_seconds())
    if seconds < 60:
        return _("about %(n)d s") % {"n": seconds}
    if seconds < 5400:
        return _("about %(n)d min") % {"n": round(seconds / 60)}
    return _("about %(n)d h") % {"n": round(seconds / 3600)}


@register.filter
def country_name(code: str) -> str | Promise:
    """A country's name; people who did not tell stay one group."""
    return countries.name(code) or code if code else _("Country not told")


@register.filter
def waveform(peaks: Sequence[float]) -> str:
    """The outline of a waveform as an SVG path, 0 to 510 high and one unit wide a peak, which is 0 to 255.

    >>> waveform([255, 0])
    'M0 0V510M1 254V256'
    """
    halves = [max(1, min(255, round(peak))) for peak in peaks]
    return "".join(f"M{i} {255 - half}V{255 + half}" for i, half in enumerate(halves))
