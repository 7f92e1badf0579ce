"""The site on one's own machine: Datasette with this package's plugin over one file."""

import inspect
import socket
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette

from scraper.errors import SettingsError, SiteError
from scraper.site import configuration
from scraper.site.follow import FollowedDatabase
from scraper.site.links import DATABASE
from scraper.store.reader import open_readonly


def datasette_for(database: Path, *, public: bool = False) -> Any:
    """Datasette over the file, read-only, showing new data without a restart.

    Raises StoreError when the file is missing, damaged or of a newer version.
    """
    open_readonly(database).close()
    from datasette import handle_exception  # imported before datasette.app it would register without hooks

    # With rich installed Datasette prints a page of local variables for every address that does not exist.
    handle_exception.rich = None
    arguments: dict[str, Any] = {"settings": configuration.settings(public=public)}
    if "config" in inspect.signature(Datasette.__init__).parameters:  # 1.0
        arguments |= {"metadata": configuration.metadata(), "config": configuration.configuration()}
    else:
        arguments |= {"metadata": configuration.merged()}
    datasette = Datasette(**arguments)
    datasette.remove_database("_memory")
    datasette.add_database(
        FollowedDatabase(datasette, path=str(database.resolve()), is_mutable=True), name=DATABASE
    )
    return datasette


def serve(database: Path, port: int, host: str) -> None:
    """Serve until interrupted. Port 0 is any free one; the address is printed once it answers.

    Raises SettingsError or SiteError when the address cannot be had.
    """
    app = datasette_for(database).app()
    with _listen(host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        print(f"Trials at http://{shown}:{listening.getsockname()[1]}/ (Ctrl-C ends)", flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
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
