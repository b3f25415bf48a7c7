"""The six emotions, in the order of every probability vector, confusion matrix and model file."""

from modelzoo.errors import LabelError

# Paper: §3.2. Alphabetical, which is also the order of the authors' confusion matrices.
EMOTIONS = ("Excited", "Fear", "Neutral", "Relaxation", "Sad", "Tension")
N_EMOTIONS = len(EMOTIONS)


def emotion_index(label: str) -> int:
    """Where `label` stands in `EMOTIONS`. Raises `LabelError` for any other word.

    >>> emotion_index("Sad")
    4
    """
    if label not in EMOTIONS:
        raise LabelError(f"Label {label!r} is not an emotion; use one of {', '.join(EMOTIONS)}.")
    return EMOTIONS.index(label)
