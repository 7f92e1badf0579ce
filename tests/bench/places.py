"""How right are the coordinates that a city's name gives?

Every site of ../shared that states city, country and coordinates is asked of the gazetteer as if it stated none: the
share that gets a place, and how far that lies from the one stated. Then the share of sites without coordinates that
gets one.

    python -m tests.bench.places [FOLDER] [--far N]
"""

import gzip
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from scraper.errors import NormaliseError
from scraper.normalise.country import country_code
from scraper.normalise.gazetteer import town
from scraper.search.places import distance_km

Site = tuple[str, str, str, float | None, float | None]


def sites(shared: Path) -> Iterator[Site]:
    """(city, state, country, latitude, longitude) of every site of the records in JSON and XML."""
    data = shared / "data"
    for path in sorted((data / "ctgov-v2-json").glob("*.json")):
        yield from _of_json(json.loads(path.read_bytes()))
    with gzip.open(data / "bulk" / "ctgov-v2-more.ndjson.gz") as lines:
        for line in lines:
            yield from _of_json(json.loads(line))
    with zipfile.ZipFile(data / "bulk" / "ctgov-xml-5000.zip") as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".xml"):
                yield from _of_xml(archive.read(name))


def _of_json(record: dict[str, Any]) -> Iterator[Site]:
    found = record.get("protocolSection", {}).get("contactsLocationsModule", {}).get("locations", [])
    for site in found:
        point = site.get("geoPoint") or {}
        yield (
            site.get("city", ""),
            site.get("state", ""),
            site.get("country", ""),
            point.get("lat"),
            point.get("lon"),
        )


def _of_xml(body: bytes) -> Iterator[Site]:
    try:
        root = etree.fromstring(body)
    except etree.XMLSyntaxError:
        return
    for address in root.iterfind("location/facility/address"):
        yield (
            address.findtext("city") or "",
            address.findtext("state") or "",
            address.findtext("country") or "",
            None,
            None,
        )


def measure(found: Iterator[Site]) -> tuple[Counter[str], Counter[tuple[str, str, str, int]]]:
    """Counts, and the places that lie more than 50 km from what the record states."""
    counts: Counter[str] = Counter()
    far: Counter[tuple[str, str, str, int]] = Counter()
    for city, state, country, latitude, longitude in found:
        try:
            code = country_code(country) if country else None
        except NormaliseError:
            counts["unknown country"] += 1
            continue
        if not (city and code):
            continue
        place = town(city, state, code)
        kind = "without" if latitude is None or longitude is None else "with"
        counts[kind] += 1
        if place is None:
            continue
        counts[f"{kind}, filled"] += 1
        if latitude is not None and longitude is not None:
            km = distance_km(latitude, longitude, *place)
            counts["within 25 km"] += km <= 25
            counts["within 50 km"] += km <= 50
            if km > 50:
                far[city, state, country, round(km)] += 1
    return counts, far


def main(shared: Path, shown: int = 0) -> None:
    counts, far = measure(sites(shared))
    filled = max(1, counts["with, filled"])
    print(f"sites that state city, country and coordinates: {counts['with']:,}")
    print(f"  the gazetteer has a place for     {filled / max(1, counts['with']):7.2%}")
    print(f"  of these within 25 km of the stated {counts['within 25 km'] / filled:7.2%}")
    print(f"  of these within 50 km of the stated {counts['within 50 km'] / filled:7.2%}")
    print(f"sites that state city and country alone: {counts['without']:,}")
    print(f"  the gazetteer has a place for     {counts['without, filled'] / max(1, counts['without']):7.2%}")
    print(f"sites in a country that is not known: {counts['unknown country']:,}")
    for (city, state, country, km), times in far.most_common(shown):
        print(f"{times:4d}  {city}, {state}, {country}: {km} km away")


if __name__ == "__main__":
    given = sys.argv[1:]
    wanted = int(given.pop()) if "--far" in given else 0
    folders = [each for each in given if each != "--far"]
    main(Path(folders[0]) if folders else Path(__file__).resolve().parents[3] / "shared", wanted)
