"""What every scene can do."""

from typing import Protocol

from .painting import Frame


class Scene(Protocol):
    """Something that looks different at every moment; `t` in seconds, `beat` in beats of its music."""

    def frame(self, t: float, beat: float) -> Frame:
        """A new frame that the caller may paint over."""
        ...
