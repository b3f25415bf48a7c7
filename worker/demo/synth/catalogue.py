"""What the demo's sources are called and how each is made. All names are invented."""

from dataclasses import dataclass, replace

import numpy as np

EMOTIONS = ("Excited", "Fear", "Neutral", "Relaxation", "Sad", "Tension")
CLIP_S = 30.0
_LONGER_EVERY = 2
_LEANING = 0.6


@dataclass(frozen=True, slots=True)
class Song:
    """The facts of a source, as a manifest has them."""

    title: str
    artist: str
    language: str
    country: str
    genre: str
    year: int


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """One source to make. `copy_of` names the source it is a re-upload of: same film, encoded again."""

    name: str
    emotion: str
    song: Song
    seconds: float
    seed: int
    variant: int
    leaning: float = 0.0
    has_face: bool = False
    has_letterbox: bool = False
    has_logo: bool = False
    has_jingle: bool = False
    copy_of: str = ""


_SONGS: dict[str, tuple[Song, ...]] = {
    "Excited": (
        Song("반짝이는 밤", "하늘연", "ko", "KR", "K-pop", 2019),
        Song("Fiesta en la azotea", "Los Naranjos del Sur", "es", "MX", "Cumbia", 2017),
        Song("नाच मेरे यार", "मीरा तारंग", "hi", "IN", "Bollywood", 2020),
        Song("Summer on Maple Street", "The Paper Kites Club", "en", "US", "Pop", 2016),
    ),
    "Fear": (
        Song("The Hallway Hums", "Ashgrove Asylum", "en", "US", "Dark ambient", 2015),
        Song("Quién llama", "Sombra Vieja", "es", "ES", "Industrial", 2018),
        Song("月の下の影", "黒糸", "ja", "JP", "Horror score", 2013),
        Song("Les yeux du bois", "Maison Noire", "fr", "FR", "Post-rock", 2021),
    ),
    "Neutral": (
        Song("Deux cafés", "Camille Orsay", "fr", "FR", "Chanson", 2014),
        Song("평일 오후", "소소한 밴드", "ko", "KR", "Indie", 2018),
        Song("下一站", "林小安", "zh", "CN", "Mandopop", 2019),
        Song("Platform Nine Forty", "Greta Lowell", "en", "US", "Folk pop", 2012),
    ),
    "Relaxation": (
        Song("हिमालको बिहान", "सुनकोशी समूह", "ne", "NP", "Folk", 2011),
        Song("यमुना के तीर", "पंडित अरविन्द सोहम", "hi", "IN", "Classical", 2010),
        Song("江南春水", "青竹乐坊", "zh", "CN", "Traditional", 2016),
        Song("نسيم النيل", "ليلى الصافي", "ar", "EG", "Instrumental", 2015),
    ),
    "Sad": (
        Song("يا ليل طويل", "نادر الحزين", "ar", "EG", "Ballad", 2012),
        Song("बिर्सिएको बाटो", "आशा लामिछाने", "ne", "NP", "Adhunik", 2017),
        Song("La silla vacía", "Inés del Río", "es", "MX", "Bolero", 2014),
        Song("冬の手紙", "雪原ひかり", "ja", "JP", "Ballad", 2020),
    ),
    "Tension": (
        Song("질주", "블랙 시그널", "ko", "KR", "Electronic rock", 2021),
        Song("Seconds to Zero", "Iron Meridian", "en", "US", "Metal", 2018),
        Song("Course contre la nuit", "Volt Nord", "fr", "FR", "Techno", 2019),
        Song("सीमा पार", "अग्निपथ प्रोजेक्ट", "hi", "IN", "Film score", 2016),
    ),
}


def plan_sources(seed: int, n_sources: int) -> list[SourcePlan]:
    """The sources to make, emotion by emotion in turn, with what is planted for the audits among them.

    Sources 0 to 3 of each emotion differ in ensemble and scenes. The second shows a face, the fourth leans to
    the neighbouring emotion. Excited and Neutral have a re-upload of their first song instead of a fourth.
    """
    plans: list[SourcePlan] = []
    for i in range(n_sources):
        emotion, slot = EMOTIONS[i % len(EMOTIONS)], i // len(EMOTIONS)
        first = next((p for p in plans if p.emotion == emotion), None)
        if slot == 3 and emotion in ("Excited", "Neutral") and first is not None:
            plans.append(_reupload(first))
        else:
            plans.append(_source(seed, emotion, slot))
    return plans


def _source(seed: int, emotion: str, slot: int) -> SourcePlan:
    rng = np.random.default_rng([seed, EMOTIONS.index(emotion), slot])
    song = _SONGS[emotion][slot % 4]
    if slot >= 4:
        song = replace(song, title=f"{song.title} ({slot // 4 + 1})")
    longer = (slot + EMOTIONS.index(emotion)) % _LONGER_EVERY == 0
    return SourcePlan(
        name=f"{emotion.lower()}-{slot + 1:02d}",
        emotion=emotion,
        song=song,
        seconds=(3 if longer else 2) * CLIP_S,
        seed=int(rng.integers(2**31)),
        variant=slot % 4,
        leaning=_LEANING if slot % 4 == 3 and emotion not in ("Excited", "Neutral") else 0.0,
        has_face=slot % 4 == 1,
        has_letterbox=(emotion, slot) == ("Tension", 2),
        has_logo=(emotion, slot) == ("Fear", 2),
        has_jingle=emotion == "Relaxation" and slot in (0, 2),
    )


def _reupload(first: SourcePlan) -> SourcePlan:
    song = replace(first.song, title=f"{first.song.title} (HD lyrics)", year=first.song.year + 1)
    return replace(first, name=f"{first.emotion.lower()}-04", song=song, copy_of=first.name)


def planted(plans: list[SourcePlan]) -> dict[str, list[object]]:
    """What an audit should find, by source name: re-uploads as pairs, shared openings as groups."""
    openings = [p.name for p in plans if p.has_jingle]
    return {
        "reuploads": [[p.copy_of, p.name] for p in plans if p.copy_of],
        "letterbox": [p.name for p in plans if p.has_letterbox],
        "logo": [p.name for p in plans if p.has_logo],
        "shared_opening": [openings] if len(openings) > 1 else [],
        "faces": [p.name for p in plans if p.has_face],
    }
