"""Files a run leaves: a checkpoint to resume from, and a model that says where it comes from."""

import json
import pickle
import random
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from modelzoo.data import Normalisation
from modelzoo.errors import CheckpointError
from modelzoo.files import replacing, write_atomically
from modelzoo.inputs import FeatureSettings
from modelzoo.labels import EMOTIONS
from modelzoo.networks import EmotionNet
from modelzoo.specs import get_spec

FORMAT_VERSION: Final = 1

# What reading bytes that are no checkpoint has been seen to raise, besides the unpickler's own error.
_DAMAGE: Final = (OSError, EOFError, RuntimeError, ValueError, TypeError, AttributeError, LookupError)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a model comes from, and all that is needed to use it."""

    spec: str
    normalisation: dict[str, Any]
    manifest_sha256: str
    seed: int
    settings: dict[str, Any]
    labels: tuple[str, ...] = EMOTIONS
    width: float = 1.0
    epoch: int = 0
    code_version: str = ""
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A network in evaluation mode, with its story."""

    net: EmotionNet
    normalisation: Normalisation
    provenance: Provenance


def code_version() -> str:
    """The installed version of Moodreel, or 'unknown' in a bare checkout."""
    try:
        return metadata.version("moodreel")
    except metadata.PackageNotFoundError:
        return "unknown"


def save_model(path: Path, net: EmotionNet, provenance: Provenance) -> None:
    """Write weights and provenance as one safetensors file, whole or not at all."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in net.state_dict().items()}
    write_atomically(
        path, save(tensors, metadata={"modelzoo": json.dumps(asdict(provenance), sort_keys=True)})
    )


def load_model(path: Path | str) -> LoadedModel:
    """Rebuild a saved network on the CPU, in evaluation mode.

    Raises `CheckpointError` for a missing, damaged or foreign file, other labels or other feature settings than
    this version's, or weights that do not fit the network they name.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"Model file '{path}' cannot be read ({error}); train the network again."
        ) from error
    provenance = _provenance(path, header)
    spec = get_spec(provenance.spec)
    if FeatureSettings.from_json(provenance.settings) != spec.settings:
        raise CheckpointError(
            f"Model file '{path}' was trained on other inputs than {spec.name!r} has now; train the network again."
        )
    with torch.device("meta"):
        net = EmotionNet(spec, provenance.width)
    try:
        net.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        raise CheckpointError(
            f"The weights in '{path}' do not fit network {spec.name!r} at width {provenance.width}; the file was "
            "made for another network, so train again."
        ) from error
    return LoadedModel(net.eval(), Normalisation.from_json(provenance.normalisation), provenance)


def _provenance(path: Path | str, header: dict[str, str]) -> Provenance:
    try:
        values = json.loads(header["modelzoo"])
        provenance = Provenance(**{**values, "labels": tuple(values["labels"])})
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"Model file '{path}' does not say where it comes from; use a model.safetensors written by 'train'."
        ) from error
    if provenance.format_version > FORMAT_VERSION:
        raise CheckpointError(
            f"Model file '{path}' has format {provenance.format_version}, newer than {FORMAT_VERSION}; update Moodreel."
        )
    if provenance.labels != EMOTIONS:
        raise CheckpointError(
            f"Model file '{path}' answers {', '.join(provenance.labels)}; expected {', '.join(EMOTIONS)} in this order."
        )
    return provenance


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write the whole state of a training run, replacing the previous one only when complete."""
    with replacing(path) as temporary:
        torch.save(state, temporary)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """The state saved last, or None if there is none. Loads tensors and plain values only, never code.

    Raises `CheckpointError` for a damaged file.
    """
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (*_DAMAGE, pickle.UnpicklingError) as error:
        raise CheckpointError(
            f"Checkpoint '{path}' is damaged; delete it to train from the beginning, or restore a copy."
        ) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT_VERSION:
        raise CheckpointError(
            f"Checkpoint '{path}' has another format than {FORMAT_VERSION}; delete it to train from the beginning."
        )
    return state


def random_states() -> dict[str, Any]:
    """The state of every random generator a run may draw from, as plain values and tensors."""
    name, keys, position, has_gauss, cached = np.random.get_state()  # the legacy state is the global one
    cuda: list[Tensor] = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {
        "python": random.getstate(),
        "numpy": (name, torch.from_numpy(np.asarray(keys).astype(np.int64)), position, has_gauss, cached),
        "torch": torch.get_rng_state(),
        "cuda": cuda,
    }


def restore_random_states(states: dict[str, Any]) -> None:
    """The inverse of `random_states`."""
    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, position, has_gauss, cached = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(states["torch"])
    if states["cuda"] and torch.cuda.device_count() == len(states["cuda"]):
        torch.cuda.set_rng_state_all(states["cuda"])
