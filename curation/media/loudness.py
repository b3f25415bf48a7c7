"""How loud a clip is, so that every clip can be played to an annotator at the same loudness.

Integrated loudness after ITU-R BS.1770-4 / EBU R 128: K-weighted, gated in blocks of 400 ms. It is measured
on the stereo sound that is played, so a mono source counts as two loudspeakers and reads 3 LU above one.
"""

import math
import warnings

import numpy as np
import pyloudnorm
from django.utils.translation import gettext as _
from numpy.typing import NDArray

BLOCK_S = 0.4
# The absolute gate of the standard: below this there is only silence.
SILENCE_LUFS = -70.0


def integrated_lufs(samples: NDArray[np.float32], rate_hz: int) -> tuple[float | None, str]:
    """Loudness in LUFS and an empty string; or None and a sentence saying why there is none.

    `samples: (channel, sample) float32`, full scale ±1.

    >>> integrated_lufs(np.zeros((2, 48_000), np.float32), 48_000)[0] is None
    True
    """
    if samples.shape[1] < math.ceil(BLOCK_S * rate_hz):
        return None, _("The sound is shorter than 0.4 seconds, too short to measure its loudness.")
    meter = pyloudnorm.Meter(rate_hz, block_size=BLOCK_S)
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        # pyloudnorm averages an empty set of blocks when everything is under the gate.
        warnings.simplefilter("ignore", RuntimeWarning)
        lufs = float(meter.integrated_loudness(samples.T))
    if not math.isfinite(lufs) or lufs <= SILENCE_LUFS:
        return None, _("The clip is silent, so it has no loudness.")
    return round(lufs, 2), ""
