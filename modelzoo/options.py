"""How to train, without torch, so that a form can check it before a run exists."""

import math
from dataclasses import dataclass
from typing import Literal

from modelzoo.errors import TrainingError


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How to train. Raises `TrainingError` for values that cannot work.

    `patience`: epochs without a better validation loss before stopping; None never stops early.
    `schedule`: 'cosine' lowers the rate from `learning_rate` to a hundredth of it over all steps.
    """

    epochs: int = 8
    batch_size: int = 4
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    optimizer: Literal["adamw", "adam"] = "adamw"
    schedule: Literal["cosine", "constant"] = "cosine"
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise TrainingError(f"epochs is {self.epochs}; train for at least 1.")
        if self.batch_size < 2:
            raise TrainingError(
                f"batch_size is {self.batch_size}; batch norm needs at least 2 clips at a time."
            )
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise TrainingError(
                f"learning_rate is {self.learning_rate}; use a positive number such as 0.001."
            )
        if self.patience is not None and self.patience < 1:
            raise TrainingError(f"patience is {self.patience}; use at least 1 epoch, or None.")
