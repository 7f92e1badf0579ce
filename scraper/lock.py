"""One writing command at a time: a kernel lock on the data folder, gone with the process that held it."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from scraper.errors import StoreError


@contextmanager
def writing(
    folder: Path,
    say: Callable[[str], None],
    waiting: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> Iterator[None]:
    """Hold the folder; a second command says that it waits, and waits inside of `waiting`.

    Raises StoreError when the folder cannot be made or opened.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StoreError(
            f"the data folder {str(folder)!r} cannot be used: {error.strerror or error}; expected a folder that can be"
            " written (choose one with --data DIR or TRIALS_DATA)"
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another command is writing in {folder}; waiting until it has finished")
            with waiting("waiting for the other command"):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_held(folder: Path) -> bool:
    """Is another command writing there now?"""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
