"""Music for each emotion, in the words of the paper's section 3.

Excited: high pitch and large variation of it, uniform harmony, high volume. Fear and Tension: high pitch, tempo,
rhythmic variation and volume, dissonant and complex harmony. Sad and Relaxation: slow, uniform, soft, low volume.
Neutral: something of all. Each piece has its own key, tempo, instruments and tune, all drawn from its seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from . import instruments as play
from .instruments import RATE_HZ, Instrument, noise
from .score import Score, Stereo

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MIXOLYDIAN = (0, 2, 4, 5, 7, 9, 10)
MINOR = (0, 2, 3, 5, 7, 8, 10)
DORIAN = (0, 2, 3, 5, 7, 9, 10)
HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 11)
PHRYGIAN = (0, 1, 3, 5, 7, 8, 10)
LOCRIAN = (0, 1, 3, 5, 6, 8, 10)
PENTATONIC = (0, 2, 4, 7, 9)
MINOR_PENTATONIC = (0, 3, 5, 7, 10)
YO = (0, 2, 5, 7, 9)
HIRAJOSHI = (0, 2, 3, 7, 8)
DURGA = (0, 2, 5, 7, 9)
_BEATS = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """What to play. `variant` (0 to 3) picks the ensemble; `leaning` is how much it borrows from its neighbour.

    A Fear piece that leans borrows the pulse of Tension, a Sad one the plucked strings of Relaxation, and so on,
    so that these pairs are as confusable as people find them.
    """

    emotion: str
    seconds: float
    seed: int
    variant: int
    leaning: float = 0.0


_TEMPI = {
    "Excited": (116.0, 136.0),
    "Fear": (52.0, 66.0),
    "Neutral": (88.0, 106.0),
    "Relaxation": (60.0, 76.0),
    "Sad": (54.0, 66.0),
    "Tension": (136.0, 164.0),
}
_SLOWER_WHEN_LEANING = {"Tension": 34.0}


def tempo_of(piece: Piece) -> float:
    """Beats a minute. Pictures ask for it too, so that dancers dance on the beat."""
    slower = _SLOWER_WHEN_LEANING.get(piece.emotion, 0.0) * piece.leaning
    return float(np.random.default_rng([piece.seed, 2]).uniform(*_TEMPI[piece.emotion])) - slower


def compose(piece: Piece) -> Stereo:
    """The piece as stereo sound, `(2, sample) float32` at `RATE_HZ`; the same piece gives the same samples."""
    return _COMPOSERS[piece.emotion](piece, np.random.default_rng(piece.seed))


def degree(root: int, scale: Sequence[int], step: int) -> int:
    """The MIDI note `step` steps up the scale from `root`; negative steps go down.

    >>> degree(60, MAJOR, 7), degree(60, MAJOR, -1)
    (72, 59)
    """
    octave, index = divmod(step, len(scale))
    return root + 12 * octave + scale[index]


def triad(root: int, scale: Sequence[int], step: int) -> list[int]:
    """Three notes, every other one of the scale, from `step` up."""
    return [degree(root, scale, step + third) for third in (0, 2, 4)]


def tune(
    rng: np.random.Generator, bars: Sequence[int], density: float, reach: int
) -> list[list[tuple[float, float, int]]]:
    """A melody as (beat in bar, beats, scale step) for each bar: two ideas that return, bent to each bar's chord.

    `density` is the chance of a note on each half beat; strong beats land on chord tones.
    """
    ideas = [_idea(rng, density, reach) for _ in range(2)]
    form = (0, 0, 1, 0)
    melody = []
    for i, chord in enumerate(bars):
        bar = []
        for at, beats, step in ideas[form[i % 4]]:
            target = step + chord % 7
            if at % 2 == 0:
                target = chord + 2 * round((target - chord) / 2)
            if i % 8 == 7 and at >= 2:
                target = chord
            bar.append((at, beats, target))
        melody.append(bar)
    return melody


def _idea(rng: np.random.Generator, density: float, reach: int) -> list[tuple[float, float, int]]:
    starts = [at / 2 for at in range(8) if at == 0 or rng.random() < density]
    step = int(rng.integers(0, 3)) * 2
    idea = []
    for at, following in zip(starts, [*starts[1:], 4.0], strict=True):
        idea.append((at, following - at, step))
        step = int(np.clip(step + rng.choice([-2, -1, -1, 1, 1, 2, 3]), -2, reach))
    return idea


def _bars(score: Score, progression: Sequence[int]) -> list[int]:
    """The chord of every bar of the piece."""
    return [progression[i % len(progression)] for i in range(int(score.n_beats // _BEATS) + 1)]


def _pick(rng: np.random.Generator, options: Sequence[Sequence[int]]) -> tuple[int, ...]:
    return tuple(options[int(rng.integers(len(options)))])


def excited(piece: Piece, rng: np.random.Generator) -> Stereo:
    """Bright major dance music, four to the floor, with a tune on top."""
    score = Score(piece.seconds, tempo_of(piece), hall=0.22)
    scale = (MAJOR, MIXOLYDIAN, MAJOR, PENTATONIC)[piece.variant]
    root = int(rng.integers(57, 65))
    bars = _bars(score, _pick(rng, [(0, 4, 5, 3), (0, 3, 5, 4), (5, 3, 0, 4), (0, 5, 3, 4)]))
    harmony = MAJOR if scale is PENTATONIC else scale
    voice: Instrument = (play.lead, play.brass, play.flute, play.zither)[piece.variant]
    chords: Instrument = (play.stab, play.piano, play.stab, play.guitar)[piece.variant]
    melody = tune(rng, bars, 0.7, 9)
    for i, chord in enumerate(bars):
        at, resting = i * _BEATS, i % 16 in (0, 1) or i % 16 == 11
        _dance(score, at, resting=resting, skins=piece.variant in (1, 3), last=i % 8 == 7)
        for half in range(8):
            low = degree(root - 24, harmony, chord) + (12 if half % 2 else 0)
            score.note(play.bass, low, at + half / 2, 0.42, 0.5)
        offbeats = (0.5, 1.5, 2.5, 3.5) if piece.variant != 1 else (0, 0.75, 1.5, 2.5, 3.25)
        for beat in offbeats:
            for j, midi in enumerate(triad(root, harmony, chord)):
                score.note(chords, midi, at + beat, 0.4, 0.3, pan=(j - 1) * 0.5)
        if not resting:
            for beat, beats, step in melody[i]:
                score.note(voice, degree(root + 12, harmony, step), at + beat, beats * 0.9, 0.42, pan=0.1)
    return score.mixed(-13.5 + float(rng.uniform(-1.5, 1)))


def _dance(score: Score, at: float, *, resting: bool, skins: bool, last: bool) -> None:
    for beat in range(_BEATS):
        score.hit(play.drum if skins and beat % 2 == 0 else play.kick, at + beat, 0.8)
        if beat % 2:
            score.hit(play.clap, at + beat, 0.5)
        score.hit(play.hat, at + beat + 0.5, 0.35, pan=0.3)
        if not resting:
            score.hit(play.hat, at + beat + 0.25, 0.16, pan=-0.3)
            score.hit(play.hat, at + beat + 0.75, 0.16, pan=-0.3)
            if skins:
                score.hit(play.hand_drum, at + beat + 0.75, 0.35, pan=-0.4)
    if last:
        for k in range(4):
            score.hit(play.snare, at + 3 + k / 4, 0.25 + 0.1 * k)
        score.hit(play.crash, at + 4, 0.35)


def fear(piece: Piece, rng: np.random.Generator) -> Stereo:
    """Low clusters, shivering high strings, a broken music box, and blows out of the silence."""
    score = Score(piece.seconds, tempo_of(piece), hall=0.55)
    scale = (PHRYGIAN, LOCRIAN, HARMONIC_MINOR, LOCRIAN)[piece.variant]
    root = int(rng.integers(36, 42))
    bars = _bars(score, _pick(rng, [(0, 1, 0, 4), (0, 0, 1, 1), (0, 4, 1, 0)]))
    for i, chord in enumerate(bars):
        at = i * _BEATS
        low = degree(root - 12, scale, chord % 2)
        score.note(play.drone, low, at, 4.4, 0.55, pan=-0.3)
        score.note(play.drone, low + 6 + (i % 3 == 2), at + 1, 3.6, 0.35, pan=0.3)
        _shiver(score, rng, at, degree(root + 48, scale, chord))
        if piece.variant in (0, 3):
            score.hit(play.heartbeat, at, 0.8)
            score.hit(play.heartbeat, at + 2, 0.7)
        if piece.variant in (1, 2) and i % 2 == 0:
            _broken_box(score, rng, at, root + 36, scale)
        if rng.random() < 0.42:
            blow = at + float(rng.choice([1.0, 2.5, 3.0]))
            score.hit(play.swell, blow - 2.0 / score.beat_s, 0.5)
            score.hit(play.cluster_hit, blow, 0.9)
        if piece.leaning:
            _ostinato(score, rng, at, root, scale, gain=0.4 * piece.leaning, notes=8)
    return score.mixed(-18.5 + float(rng.uniform(-1.5, 1.5)) + 2 * piece.leaning)


def _shiver(score: Score, rng: np.random.Generator, at: float, midi: int) -> None:
    for off, pan in ((0, -0.5), (1, 0.5), (6, 0.0)):
        if rng.random() < 0.7:
            score.note(play.tremolo, midi + off, at + float(rng.choice([0, 0.5, 1])), 3.2, 0.2, pan)


def _broken_box(score: Score, rng: np.random.Generator, at: float, root: int, scale: Sequence[int]) -> None:
    for beat in (0, 0.5, 1, 2, 2.5):
        if rng.random() < 0.8:
            off = 0.35 if rng.random() < 0.2 else 0.0
            score.note(
                play.music_box, degree(root, scale, int(rng.integers(0, 7))) + off, at + beat, 0.5, 0.35, 0.2
            )


def tension(piece: Piece, rng: np.random.Generator) -> Stereo:
    """A fast, dense ostinato that will not stop, large drums, brass on neighbouring notes."""
    score = Score(piece.seconds, tempo_of(piece), hall=0.28)
    scale = (HARMONIC_MINOR, PHRYGIAN, MINOR, PHRYGIAN)[piece.variant]
    root = int(rng.integers(38, 44))
    bars = _bars(score, _pick(rng, [(0, 0, 5, 6), (0, 1, 0, 4), (0, 5, 1, 4), (0, 0, 1, 1)]))
    for i, chord in enumerate(bars):
        at = i * _BEATS
        _ostinato(score, rng, at, degree(root, scale, chord), scale, gain=0.5, notes=16)
        _war_drums(score, at, pattern=piece.variant, roll=i % 4 == 3)
        for beat in (0, 1.5, 3):
            score.note(play.bass, degree(root - 12, scale, chord), at + beat, 0.7, 0.55)
        if i % 2:
            for off, pan in ((0, -0.5), (1, 0.5), (7, 0.0)):
                score.note(play.brass, degree(root + 12, scale, chord) + off, at + 2, 1.9, 0.34, pan)
        if i % 4 >= 2:
            rise = degree(root + 36, scale, chord + i % 4)
            score.note(play.tremolo, rise, at, 3.8, 0.24, pan=0.3)
            score.note(play.tremolo, rise + 1, at + 2, 1.8, 0.2, pan=-0.3)
        if piece.leaning:
            score.note(play.drone, root - 12, at, 4.3, 0.5 * piece.leaning)
        if i % 8 == 7:
            score.hit(play.cluster_hit, at + 4, 0.6)
    return score.mixed(-14.5 + float(rng.uniform(-1.5, 1)) - 2 * piece.leaning)


def _ostinato(
    score: Score,
    rng: np.random.Generator,
    at: float,
    root: int,
    scale: Sequence[int],
    gain: float,
    notes: int,
) -> None:
    figure = (0, 0, 4, 0, 1, 0, 4, 3)
    for k in range(notes):
        midi = degree(root + 12, scale, figure[k % 8])
        accent = 1.0 if k % 4 == 0 else 0.62
        step = _BEATS / notes
        score.note(
            play.spiccato, midi, at + k * step, step, gain * accent * float(rng.uniform(0.9, 1.1)), pan=-0.25
        )
        if k % 2 == 0 and notes > 8:
            score.note(play.spiccato, midi + 12, at + k * step, step, gain * 0.5, pan=0.4)


def _war_drums(score: Score, at: float, *, pattern: int, roll: bool) -> None:
    beats = ((0, 1.5, 2, 3.5), (0, 0.75, 1.5, 2.25, 3), (0, 1, 2, 3), (0, 0.5, 2, 2.5, 3.5))[pattern]
    for beat in beats:
        score.hit(play.drum, at + beat, 0.85, pan=-0.15)
    for k in range(8):
        score.hit(play.hat, at + k / 2, 0.3 if k % 2 else 0.2, pan=0.4)
    for beat in (1, 3):
        score.hit(play.snare, at + beat, 0.4)
    if roll:
        for k in range(8):
            score.hit(play.snare, at + 2 + k / 4, 0.12 + 0.05 * k)


def sad(piece: Piece, rng: np.random.Generator) -> Stereo:
    """A slow minor song: broken chords, a held string or two, and a single voice."""
    score = Score(piece.seconds, tempo_of(piece), hall=0.5)
    scale = (MINOR, MINOR, HARMONIC_MINOR, DORIAN)[piece.variant]
    root = int(rng.integers(50, 58))
    bars = _bars(score, _pick(rng, [(0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 4), (0, 5, 3, 4)]))
    voice: Instrument = (play.strings, play.flute, play.strings, play.piano)[piece.variant]
    chords: Instrument = (play.piano, play.guitar, play.piano, play.piano)[piece.variant]
    melody = tune(rng, bars, 0.28, 7)
    for i, chord in enumerate(bars):
        at = i * _BEATS
        low, notes = degree(root - 24, scale, chord), triad(root - 12, scale, chord)
        score.note(chords, low + 12, at, 3.5, 0.4)
        for k, j in enumerate((0, 1, 2, 1, 2, 1, 0, 1)):
            quiet = 0.26 - 0.1 * piece.leaning + float(rng.uniform(-0.03, 0.03))
            score.note(chords, notes[j] + 12 * (k in (2, 4)), at + k / 2, 1.0, quiet, pan=0.15 * j)
        for j, midi in enumerate(notes):
            score.note(play.strings, midi, at, 4.0, 0.16, pan=(j - 1) * 0.5)
        if piece.leaning:
            _plucks(score, rng, at, root, MINOR_PENTATONIC, play.harp, 0.5 * piece.leaning)
        if i >= 1:
            for beat, beats, step in melody[i]:
                score.note(voice, degree(root, scale, step), at + beat, beats * 0.98, 0.34, pan=-0.1)
    return score.mixed(-24.0 + float(rng.uniform(-1.5, 1.5)))


def relaxation(piece: Piece, rng: np.random.Generator) -> Stereo:
    """Plucked strings on a five-note scale over a drone of a fifth, a flute from time to time, water beneath."""
    score = Score(piece.seconds, tempo_of(piece), hall=0.5)
    scale = (YO, DURGA, PENTATONIC, HIRAJOSHI if piece.leaning else PENTATONIC)[piece.variant]
    root = int(rng.integers(55, 62))
    plucked: Instrument = (play.zither, play.zither, play.harp, play.guitar)[piece.variant]
    bars = _bars(score, (0, 0, 2, 3, 0, 3, 1, 0))
    melody = tune(rng, bars, 0.25, 6)
    water = noise(round(piece.seconds * RATE_HZ), 300, 2200, piece.seed)
    tide = 0.55 + 0.45 * np.sin(2 * np.pi * np.arange(len(water), dtype=np.float32) / RATE_HZ / 7.5)
    score.bed(water * tide, 0.05)
    for i, _chord in enumerate(bars):
        at = i * _BEATS
        for midi, pan in ((root - 12, -0.4), (root - 5, 0.4)):
            score.note(play.pad, midi, at, 4.2, 0.2, pan)
        _plucks(score, rng, at, root, scale, plucked, 0.5)
        if i % 4 in (2, 3):
            for beat, beats, step in melody[i]:
                score.note(play.flute, degree(root + 12, scale, step), at + beat, beats, 0.26, pan=0.2)
        if piece.variant == 1:
            for beat in (0, 1.5, 2.5, 3):
                score.hit(play.hand_drum, at + beat, 0.16, pan=-0.3)
        if piece.leaning and i % 2 == 0:
            score.note(play.strings, root - 12, at, 8, 0.3 * piece.leaning)
    return score.mixed(-22.5 + float(rng.uniform(-1.5, 1.5)))


def _plucks(
    score: Score,
    rng: np.random.Generator,
    at: float,
    root: int,
    scale: Sequence[int],
    plucked: Instrument,
    gain: float,
) -> None:
    step = int(rng.integers(0, 4))
    for k in range(8):
        if k % 4 == 0 or rng.random() < 0.6:
            step = int(np.clip(step + rng.choice([-2, -1, 1, 1, 2]), -3, 8))
            soft = gain * float(rng.uniform(0.6, 1.0))
            score.note(
                plucked, degree(root, scale, step), at + k / 2 + float(rng.uniform(0, 0.02)), 1.0, soft, 0.25
            )


def neutral(piece: Piece, rng: np.random.Generator) -> Stereo:
    """A middling song at a walking pace that borrows something from everyone and insists on nothing."""
    score = Score(piece.seconds, tempo_of(piece), hall=0.3)
    scale = (DORIAN, MAJOR, MIXOLYDIAN, MAJOR)[piece.variant]
    root = int(rng.integers(53, 60))
    bars = _bars(score, _pick(rng, [(0, 3, 0, 4), (0, 5, 1, 4), (0, 6, 3, 0), (0, 2, 3, 4)]))
    chords: Instrument = (play.electric_piano, play.guitar, play.piano, play.electric_piano)[piece.variant]
    voice: Instrument = (play.flute, play.electric_piano, play.guitar, play.lead)[piece.variant]
    melody = tune(rng, bars, 0.45, 6)
    for i, chord in enumerate(bars):
        at = i * _BEATS
        for beat in (0, 1.5, 2, 3.5):
            score.note(play.bass, degree(root - 24, scale, chord), at + beat, 0.5, 0.42)
        for beat in (0, 1, 2.5):
            for j, midi in enumerate(triad(root, scale, chord)):
                score.note(chords, midi, at + beat, 0.9, 0.26, pan=(j - 1) * 0.4)
        for k in range(8):
            score.hit(play.shaker, at + k / 2, 0.3 if k % 2 else 0.18, pan=0.3)
        score.hit(play.kick, at, 0.45)
        score.hit(play.kick, at + 2, 0.4)
        if i % 8 >= 2:
            score.hit(play.snare, at + 1, 0.16)
            score.hit(play.snare, at + 3, 0.16)
            for beat, beats, step in melody[i]:
                score.note(voice, degree(root + 12, scale, step), at + beat, beats * 0.9, 0.26, pan=-0.15)
    return score.mixed(-18.5 + float(rng.uniform(-1.5, 1.5)))


def jingle(seconds: float = 4.0) -> Stereo:
    """The opening of a channel that two of the sources share: five bell notes and a chord."""
    score = Score(seconds, 120, hall=0.5)
    for k, midi in enumerate((72, 76, 79, 83, 84)):
        score.note(play.music_box, midi, k * 0.75, 1.5, 0.5, pan=(k - 2) * 0.3)
    for midi in (60, 64, 67, 71):
        score.note(play.pad, midi, 3, 4, 0.3)
    return score.mixed(-20.0)


_COMPOSERS: dict[str, Callable[[Piece, np.random.Generator], Stereo]] = {
    "Excited": excited,
    "Fear": fear,
    "Neutral": neutral,
    "Relaxation": relaxation,
    "Sad": sad,
    "Tension": tension,
}
