"""The site over one file: followed as it changes on one's own machine, immutable in a published copy."""

import json
import resource
import socket
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette

from scraper.errors import SettingsError, SiteError
from scraper.site import configuration
from scraper.site.links import DATABASE
from scraper.site.served import ServedDatabase
from scraper.store.reader import open_readonly

INSPECTED = "inspect-data.json"
"""What `datasette inspect` wrote beside a published file: its checksum and the rows of every table."""


class _Site(Datasette):  # type: ignore[misc]  # Datasette has no types
    def _connected_databases(self) -> list[dict[str, Any]]:
        """What `/-/databases.json` tells of the file: its name, not the folders of this machine."""
        return [
            {**each, "path": Path(each["path"]).name if each["path"] else None}
            for each in super()._connected_databases()
        ]


def datasette_for(database: Path, *, public: bool = False) -> Any:
    """Datasette over the file, read-only, showing new data without a restart.

    A public copy is immutable: it can be downloaded, its counts are exact, and it must not change while served.
    Raises StoreError when the file is missing, damaged or of a newer version.
    """
    open_readonly(database).close()
    from datasette import handle_exception  # imported before datasette.app it would register without hooks

    # With rich installed Datasette prints a page of local variables for every address that does not exist.
    handle_exception.rich = None
    arguments: dict[str, Any] = {"settings": configuration.settings(public=public)}
    # 1.0. What its constructor takes does not tell: its plugin for pytest puts one of any arguments in its place.
    if hasattr(Datasette, "table_config"):
        arguments |= {"metadata": configuration.metadata(), "config": configuration.configuration()}
    else:
        arguments |= {"metadata": configuration.merged()}
    if public:
        arguments["inspect_data"] = inspected(database)
    datasette = _Site(**arguments)
    datasette.remove_database("_memory")
    served = ServedDatabase(datasette, path=str(database.resolve()), is_mutable=not public)
    datasette.add_database(served, name=DATABASE)
    if public:
        told = datasette._connected_databases
        # What /-/databases.json answers: where the file lies on the machine is nobody's business.
        datasette.__dict__["_connected_databases"] = lambda: [
            one | {"path": Path(one["path"]).name} for one in told()
        ]
    return datasette


def inspected(database: Path) -> dict[str, Any] | None:
    """What `datasette inspect` found in the file; None where it was not run or tells of a file of another size.

    Raises SiteError on a file that is no such answer.
    """
    beside = database.with_name(INSPECTED)
    if not beside.exists():
        return None
    try:
        (found,) = json.loads(beside.read_bytes()).values()
        same = found["size"] == database.stat().st_size
        return {DATABASE: {name: found[name] for name in ("hash", "size", "tables")}} if same else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SiteError(
            f"{beside} is not what `datasette inspect {database} --inspect-file {beside}` writes; run that again"
        ) from error


def serve(
    database: Path, port: int, host: str, *, public: bool = False, memory_mb: int | None = None
) -> None:
    """Serve until interrupted. Port 0 is any free one; the address is printed once it answers.

    `memory_mb` bounds what the process may allocate: a request beyond it fails, the machine does not.
    Raises SettingsError or SiteError when the address cannot be had.
    """
    app = datasette_for(database, public=public).app()
    if memory_mb is not None:
        _bound(memory_mb << 20)
    with _listen(host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        print(f"Trials at http://{shown}:{listening.getsockname()[1]}/ (Ctrl-C ends)", flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        server.run(sockets=[listening])


def _bound(size: int) -> None:
    """Let this process allocate so many bytes and no more; a limit that it was started with stays."""
    _, before = resource.getrlimit(resource.RLIMIT_DATA)
    if before != resource.RLIM_INFINITY:
        size = min(size, before)
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:  # the latter for labels that are empty or too long
        raise SettingsError(
            f"host {host!r} is not known here; expected an address of this machine"
        ) from error
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise SiteError(
            f"port {port} of {host} cannot be had: {error.strerror}; choose another with --port"
        ) from error
    return listening
