"""The folder of an export: a new one is written beside the old, within the folder, and takes its place when whole.

A kill leaves every file under a final name whole. One in the moment of the swap, in which some files are of the
old export and some of the new, leaves `.ready` behind, and the next export finishes it first.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from scraper.errors import SettingsError, StoreError

MADE_BY = "trials export"
"""What `made_by` says in the manifest of a folder that may be replaced."""

MANIFEST = "manifest.json"

_NEW = ".trials-export.new"
_READY = ".trials-export.ready"


class _File(msgspec.Struct):
    name: str


class _Manifest(msgspec.Struct):
    made_by: str
    files: list[_File]
    beside: list[str]


@contextmanager
def replacing(directory: Path) -> Iterator[Path]:
    """A folder to write into; its files replace those of the former export once the block has ended well.

    The block writes the manifest too. Raises SettingsError when the directory holds anything but an export,
    StoreError when another command is exporting to it.
    """
    is_new = not directory.exists()
    _refuse_strangers(directory)
    directory.mkdir(parents=True, exist_ok=True)
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                f"another command is exporting to {str(directory)!r}; expected it free: try again when it has finished"
            ) from None
        _finish(directory, handle)
        new = directory / _NEW
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        try:
            yield new
        except BaseException:
            shutil.rmtree(new)
            if is_new:
                directory.rmdir()
            raise
        for path in new.iterdir():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
        new.rename(directory / _READY)
        os.fsync(handle)
        _finish(directory, handle)
    finally:
        os.close(handle)


def _finish(directory: Path, handle: int) -> None:
    """Put the files of a whole new export in place, the manifest last; go on with it where a kill stopped it."""
    ready = directory / _READY
    names = _names(ready)
    if names is not None:
        for name in (_names(directory) or set()) - names:
            (directory / name).unlink(missing_ok=True)
        for path in sorted(ready.iterdir(), key=lambda path: path.name == MANIFEST):
            path.replace(directory / path.name)
        os.fsync(handle)
    if ready.is_dir():
        ready.rmdir()


def _names(folder: Path) -> set[str] | None:
    """The names of all files of the export in a folder, by its manifest; None when there is none."""
    if not (folder / MANIFEST).is_file():
        return None
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=_Manifest)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return None
    if manifest.made_by != MADE_BY:
        return None
    # Names alone: what a manifest says must not lead out of the folder.
    return {Path(name).name for name in [MANIFEST, *manifest.beside, *(file.name for file in manifest.files)]}


def _refuse_strangers(directory: Path) -> None:
    expected = "a new or empty folder, or one that holds a former export and nothing else"
    if directory.exists() and not directory.is_dir():
        raise SettingsError(f"{str(directory)!r} is a file; expected {expected}")
    known = {_NEW, _READY} | (_names(directory) or set()) | (_names(directory / _READY) or set())
    strangers = (
        sorted(path.name for path in directory.iterdir() if path.name not in known)
        if directory.is_dir()
        else []
    )
    if strangers:
        more = f" and {len(strangers) - 1:,} more" if len(strangers) > 1 else ""
        raise SettingsError(
            f"{str(directory)!r} holds {strangers[0]!r}{more}, which no export wrote; expected {expected}"
        )
