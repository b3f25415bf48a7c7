"""The six emotions: stored value, name, gloss, adjectives.

Paper: section 3 and Table 1. The same values in the same order as `modelzoo.labels`; a test holds them
together, so that neither package imports the other.
"""

from typing import NamedTuple

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from curation.errors import UnknownEmotion


class Emotion(models.TextChoices):
    """What a clip expresses. The stored value is also the published one."""

    EXCITED = "Excited", pgettext_lazy("emotion", "Excited")
    FEAR = "Fear", pgettext_lazy("emotion", "Fear")
    NEUTRAL = "Neutral", pgettext_lazy("emotion", "Neutral")
    RELAXATION = "Relaxation", pgettext_lazy("emotion", "Relaxation")
    SAD = "Sad", pgettext_lazy("emotion", "Sad")
    TENSION = "Tension", pgettext_lazy("emotion", "Tension")


class EmotionCard(NamedTuple):
    """An emotion as a page shows it. `position` is the button's number, 1 to 6."""

    value: str
    label: str | Promise
    gloss: str | Promise
    adjectives: str | Promise
    slug: str
    position: int


GLOSSES: dict[Emotion, tuple[str | Promise, str | Promise]] = {
    Emotion.EXCITED: (
        _("lively, joyful, full of energy"),
        _("happy, energetic, triumphant, playful"),
    ),
    Emotion.FEAR: (
        _("something threatens; one wants to get away"),
        _("scared, horrified, eerie, uneasy"),
    ),
    Emotion.NEUTRAL: (
        _("no feeling stands out, or several balance out"),
        _("plain, even, mixed, matter-of-fact"),
    ),
    Emotion.RELAXATION: (
        _("calm and at ease; nothing presses"),
        _("calm, peaceful, gentle, dreamy"),
    ),
    Emotion.SAD: (
        _("loss, grief or longing"),
        _("sorrowful, lonely, melancholic, depressed"),
    ),
    Emotion.TENSION: (
        _("conflict or pressure that seeks release"),
        _("angry, aggressive, nervous, restless"),
    ),
}

# Spellings met in the paper and its predecessor.
ALIASES = {"excitation": Emotion.EXCITED, "natural": Emotion.NEUTRAL}


def parse_emotion(text: str) -> Emotion:
    """Read an emotion's name as people write it in manifests.

    Case and surrounding space do not matter; `Excitation` and `Natural` are the predecessor dataset's
    names for Excited and Neutral. Raises `UnknownEmotion`.

    >>> parse_emotion(" excitation ").value
    'Excited'
    """
    name = text.strip().casefold()
    for emotion in Emotion:
        if emotion.value.casefold() == name:
            return emotion
    if name in ALIASES:
        return ALIASES[name]
    raise UnknownEmotion(
        _("“%(value)s” is not one of the emotions; use one of %(known)s.")
        % {"value": text.strip(), "known": ", ".join(Emotion.values)}
    )


def emotion_cards(order: list[str] | None = None) -> list[EmotionCard]:
    """The six emotions with their glosses, in `order` (values) or in the paper's order."""
    emotions = [Emotion(value) for value in order] if order else list(Emotion)
    return [
        EmotionCard(e.value, e.label, *GLOSSES[e], slug=e.value.lower(), position=i)
        for i, e in enumerate(emotions, start=1)
    ]
