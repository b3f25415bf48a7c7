"""Where a source is cut: a fixed grid from its first second, so the same file always gives the same clips."""

from django.utils.translation import gettext as _

CLIP_S = 30.0
MIN_S = 15.0
# Real files run a few frames over a round number; nobody wants to read about that.
_ROUNDING_S = 0.5


def cut_grid(duration_s: float, clip_s: float = CLIP_S, min_s: float = MIN_S) -> list[tuple[float, float]]:
    """Start and end in seconds of each clip of a file of `duration_s` seconds, in order.

    The last piece may be shorter than `clip_s`, but not shorter than `min_s`; then it is dropped, and
    `cut_notice` has a sentence about it. Raises `ValueError` unless 0 < min_s <= clip_s.

    >>> cut_grid(65.0)
    [(0.0, 30.0), (30.0, 60.0)]
    >>> cut_grid(29.4)
    [(0.0, 29.4)]
    """
    if not 0 < min_s <= clip_s:
        raise ValueError(f"min_s must be above 0 and at most clip_s ({clip_s} s), not {min_s} s.")
    n_whole = int((duration_s + 1e-6) // clip_s)
    pieces = [(i * clip_s, (i + 1) * clip_s) for i in range(n_whole)]
    tail_s = duration_s - n_whole * clip_s
    if tail_s >= min_s:
        pieces.append((n_whole * clip_s, duration_s))
    return pieces


def cut_notice(duration_s: float, clip_s: float = CLIP_S, min_s: float = MIN_S) -> str | None:
    """A sentence about the seconds that `cut_grid` leaves unused, or None when it uses them all."""
    pieces = cut_grid(duration_s, clip_s, min_s)
    if not pieces:
        return _("It lasts %(duration).1f seconds; a clip needs at least %(min).0f, so nothing was cut.") % {
            "duration": duration_s,
            "min": min_s,
        }
    unused_s = duration_s - pieces[-1][1]
    if unused_s < _ROUNDING_S:
        return None
    return _("The last %(unused).1f seconds are not used: a clip needs at least %(min).0f seconds.") % {
        "unused": unused_s,
        "min": min_s,
    }
