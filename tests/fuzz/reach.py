"""Which lines of the package an input reaches, so that inputs that reach new ones are kept and mutated further."""

import sys
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, Self

import scraper

_PACKAGE = str(Path(scraper.__file__).parent)


class Reach:
    """The lines reached so far; within the context, `fresh` counts those that are new.

    A function whose every line was reached costs nothing more, so the watch grows cheaper as it goes on.
    """

    def __init__(self) -> None:
        self.fresh = 0
        self._missing: dict[CodeType, set[int]] = {}

    @property
    def reached(self) -> int:
        """How many functions were entered and have been seen whole."""
        return sum(not missing for missing in self._missing.values())

    def __enter__(self) -> Self:
        self.fresh = 0
        sys.settrace(self._call)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        missing = self._missing.get(code)
        if missing is None:
            is_ours = code.co_filename.startswith(_PACKAGE)
            missing = {line for _, _, line in code.co_lines() if line} if is_ours else set()
            missing.discard(code.co_firstlineno)
            self._missing[code] = missing
            self.fresh += is_ours
        return self._line if missing else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        missing = self._missing[frame.f_code]
        if frame.f_lineno in missing:
            missing.discard(frame.f_lineno)
            self.fresh += 1
        return self._line if missing else None
