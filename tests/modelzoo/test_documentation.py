"""What the documentation says of the networks is true."""

from pathlib import Path

import pytest

from modelzoo.__main__ import _parser
from modelzoo.specs import SPECS, ModelSpec

PAGE = (Path(__file__).parents[2] / "docs" / "modelzoo.md").read_text()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_network_is_in_the_table_with_its_count(spec: ModelSpec) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{spec.name}` |"))
    assert f"{spec.n_parameters:,}" in row
    assert (spec.paper or "ours") in row


def test_every_option_of_the_commands_is_documented() -> None:
    commands = next(action for action in _parser()._actions if action.dest == "command").choices
    assert isinstance(commands, dict)
    options = {name for command in commands.values() for name in command._option_string_actions}
    assert {name for name in options - {"-h", "--help"} if name not in PAGE} == set()
