"""The town a reader typed: which one it was taken for, and the others of its name as links."""

from collections.abc import Callable
from typing import Any

from scraper.normalise.place import places
from scraper.search.filters import Near

_SHOWN = 8


def place_meant(near: Near | None, address: Callable[[str], str]) -> dict[str, Any] | None:
    """What the page says of the place; None when none was given. `address` is the same page's near another place.

    A town beside coordinates is not looked for: they say where, and the words for it would be a guess.
    """
    if near is None:
        return None
    if not near.place:
        return {
            "label": f"{near.latitude:g}, {near.longitude:g}",
            "typed": "",
            "towns": 1,
            "others": [],
        }
    found = places(near.place)
    return {
        "label": found[0].label,
        "typed": near.place,
        "towns": len(found),
        "others": [(each.label, each.population, address(each.typed)) for each in found[1 : _SHOWN + 1]],
    }
