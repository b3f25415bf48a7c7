"""Features computed once: one safetensors file per media file and settings, named by their hashes."""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from modelzoo.errors import MediaError
from modelzoo.features import Features, extract
from modelzoo.files import write_atomically
from modelzoo.inputs import FeatureSettings


class FeatureStore:
    """`<root>/<settings digest>/<first two of sha256>/<sha256>.safetensors`.

    Any number of processes may share a root: files appear whole, and two writers of one name write the same
    bytes. A file that cannot be read, or holds other shapes than its settings say, counts as absent.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    def path(self, sha256: str, settings: FeatureSettings) -> Path:
        """Where the features of this media file and these settings lie, whether or not they exist."""
        return self.root / settings.digest / sha256[:2] / f"{sha256}.safetensors"

    def has(self, sha256: str, settings: FeatureSettings) -> bool:
        """Whether a whole, fitting file exists; reads only its header."""
        return self._read(sha256, settings, keys=()) is not None

    def get(
        self, sha256: str, settings: FeatureSettings, keys: Collection[str] | None = None
    ) -> Features | None:
        """The arrays named in `keys` (all by default), or None where there is no whole file."""
        return self._read(sha256, settings, settings.shapes() if keys is None else keys)

    def get_or_extract(
        self, media_path: Path, sha256: str, settings: FeatureSettings, keys: Collection[str] | None = None
    ) -> Features:
        """As `get`, computing and storing what is absent or damaged.

        Raises `MediaError` if the media cannot be read or its content is not `sha256`.
        """
        stored = self.get(sha256, settings, keys)
        if stored is not None:
            return stored
        _check_content(media_path, sha256)
        features = extract(media_path, settings)
        metadata = {"settings": json.dumps(settings.to_json(), sort_keys=True)}
        write_atomically(self.path(sha256, settings), save(features, metadata=metadata))
        return features if keys is None else {key: features[key] for key in keys}

    def _read(self, sha256: str, settings: FeatureSettings, keys: Collection[str]) -> Features | None:
        path = self.path(sha256, settings)
        try:
            with safe_open(str(path), framework="np") as file:
                found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
                if found != settings.shapes():
                    return None
                return {key: file.get_tensor(key) for key in keys}
        except (FileNotFoundError, SafetensorError):
            # A half-copied or damaged file is computed again rather than trusted.
            return None


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes. Raises `MediaError` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MediaError(
            f"Media file '{path}' cannot be opened ({error.strerror}); check the path."
        ) from error


def _check_content(path: Path, sha256: str) -> None:
    actual = sha256_of(path)
    if actual != sha256:
        raise MediaError(
            f"Media file '{path}' has SHA-256 {actual[:12]}…, but the manifest says {sha256[:12]}…; the file "
            "changed since the manifest was written, so write it again."
        )
