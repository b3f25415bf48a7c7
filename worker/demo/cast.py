"""The demo's people: who they are, and how their cultures hear and see. Simulated, and said to be so."""

import random
from collections.abc import Mapping
from typing import NamedTuple

from curation.emotions import Emotion


class Person(NamedTuple):
    """A simulated annotator."""

    username: str
    country: str
    languages: str
    music_training: str


ANNOTATORS = (
    Person("amina", "NP", "Nepali, English", "some"),
    Person("bikash", "NP", "Nepali, Hindi", "none"),
    Person("jiwoo", "KR", "Korean, English", "trained"),
    Person("minjun", "KR", "Korean", "none"),
    Person("lucia", "MX", "Spanish", "some"),
    Person("mateo", "MX", "Spanish, English", "none"),
    Person("nour", "EG", "Arabic, French", "none"),
    Person("omar", "EG", "Arabic", "some"),
    Person("chloe", "FR", "French, English", "trained"),
    Person("hugo", "FR", "French", ""),
)

# How often a person answers with the emotion that the clip was made to express, and where the other answers
# go. Paper: section 5, confusion matrices: Neutral is mixed up with all, Fear with Tension, Sad with
# Relaxation; Excited and Sad hardly ever.
FIDELITY = 0.8
CONFUSIONS: Mapping[str, Mapping[str, float]] = {
    "Excited": {"Neutral": 4, "Tension": 3, "Relaxation": 1},
    "Fear": {"Tension": 7, "Neutral": 2, "Sad": 1},
    "Neutral": {"Excited": 2, "Fear": 1, "Relaxation": 3, "Sad": 2, "Tension": 2},
    "Relaxation": {"Sad": 5, "Neutral": 4},
    "Sad": {"Relaxation": 6, "Neutral": 3},
    "Tension": {"Fear": 6, "Neutral": 2, "Excited": 2},
}
# A culture's own leaning: these answers come more often than elsewhere.
LEANINGS: Mapping[str, Mapping[str, float]] = {
    "NP": {"Relaxation": 1.6},
    "KR": {"Neutral": 1.8},
    "MX": {"Excited": 1.5},
    "EG": {"Sad": 1.6},
    "FR": {"Tension": 1.4},
}


def perceive(truth: str, country: str, rng: random.Random) -> str:
    """What a simulated person of a culture answers to a clip made to express `truth`."""
    if rng.random() < FIDELITY:
        return truth
    leaning = LEANINGS.get(country, {})
    others = {emotion: weight * leaning.get(emotion, 1.0) for emotion, weight in CONFUSIONS[truth].items()}
    return rng.choices(list(others), weights=list(others.values()))[0]


def cue_of(emotion: str, rng: random.Random) -> str:
    """What gave the emotion away; mostly the music, as the paper finds."""
    weights = (5, 3, 2) if emotion in (Emotion.SAD, Emotion.EXCITED) else (6, 3, 1)
    return rng.choices(("music", "picture", "face"), weights=weights)[0]
