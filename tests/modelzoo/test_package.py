"""The package stands alone and costs nothing until it is used."""

import subprocess
import sys

import pytest

import modelzoo

LIGHT = "modelzoo, modelzoo.labels, modelzoo.specs, modelzoo.manifest, modelzoo.uncertainty, modelzoo.options"


def test_light_modules_load_neither_torch_nor_media_libraries_nor_django() -> None:
    heavy = "{'torch', 'librosa', 'cv2', 'av', 'sklearn', 'django', 'celery'}"
    code = f"import sys, {LIGHT}; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("name", modelzoo.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(modelzoo, name) is not None
    assert name in dir(modelzoo)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'resnet'"):
        modelzoo.resnet  # noqa: B018
