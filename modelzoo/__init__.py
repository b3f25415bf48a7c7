"""The science: the six emotions, the paper's networks, their inputs, their training and their doubts.

Importing this package loads neither torch nor librosa nor OpenCV: each public name is resolved when it is
first used, so the web process can list networks without paying for them.

    >>> import modelzoo
    >>> modelzoo.get_spec("Music_A2_noSE").n_parameters
    261297
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelzoo.checkpoints import load_model as load_model
    from modelzoo.checkpoints import save_model as save_model
    from modelzoo.data import ClipDataset as ClipDataset
    from modelzoo.errors import ModelZooError as ModelZooError
    from modelzoo.features import extract as extract
    from modelzoo.inputs import FeatureSettings as FeatureSettings
    from modelzoo.labels import EMOTIONS as EMOTIONS
    from modelzoo.manifest import ManifestRow as ManifestRow
    from modelzoo.manifest import assert_source_disjoint as assert_source_disjoint
    from modelzoo.manifest import read_manifest as read_manifest
    from modelzoo.manifest import write_manifest as write_manifest
    from modelzoo.metrics import classification_metrics as classification_metrics
    from modelzoo.networks import EmotionNet as EmotionNet
    from modelzoo.networks import build as build
    from modelzoo.networks import count_parameters as count_parameters
    from modelzoo.options import TrainingConfig as TrainingConfig
    from modelzoo.specs import ModelSpec as ModelSpec
    from modelzoo.specs import get_spec as get_spec
    from modelzoo.specs import list_specs as list_specs
    from modelzoo.store import FeatureStore as FeatureStore
    from modelzoo.training import fit as fit
    from modelzoo.training import predict as predict
    from modelzoo.uncertainty import entropy as entropy
    from modelzoo.uncertainty import least_confidence as least_confidence
    from modelzoo.uncertainty import margin as margin

_HOME_OF = {
    "EMOTIONS": "labels",
    "ClipDataset": "data",
    "EmotionNet": "networks",
    "FeatureSettings": "inputs",
    "FeatureStore": "store",
    "ManifestRow": "manifest",
    "ModelSpec": "specs",
    "ModelZooError": "errors",
    "TrainingConfig": "options",
    "assert_source_disjoint": "manifest",
    "build": "networks",
    "classification_metrics": "metrics",
    "count_parameters": "networks",
    "entropy": "uncertainty",
    "extract": "features",
    "fit": "training",
    "get_spec": "specs",
    "least_confidence": "uncertainty",
    "list_specs": "specs",
    "load_model": "checkpoints",
    "margin": "uncertainty",
    "predict": "training",
    "read_manifest": "manifest",
    "save_model": "checkpoints",
    "write_manifest": "manifest",
}

__all__ = list(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'modelzoo' has no attribute {name!r}")
    value = getattr(import_module(f"modelzoo.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
