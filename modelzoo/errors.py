"""Every error of this package. A message says what, the value, what was expected, and what to do."""


class ModelZooError(Exception):
    """Root of everything this package raises on purpose."""


class LabelError(ModelZooError):
    """A label that is not one of the six emotions."""


class SpecError(ModelZooError):
    """A network that nobody described, or a description that contradicts itself."""


class InputError(ModelZooError):
    """Tensors that do not fit the network."""


class SettingsError(ModelZooError):
    """Feature settings that cannot be computed."""


class MediaError(ModelZooError):
    """A media file that cannot be read, or that changed since it was registered."""


class ManifestError(ModelZooError):
    """A manifest that breaks its contract; the message names line and field."""


class SplitError(ModelZooError):
    """Splits that leak, are empty, or hold too few classes to learn from."""


class TrainingError(ModelZooError):
    """Training options that cannot work, or a loss that is no longer a number."""


class CheckpointError(ModelZooError):
    """A checkpoint or model file that is damaged or belongs to something else."""


class ScoreError(ModelZooError):
    """Probabilities that are not probabilities."""
