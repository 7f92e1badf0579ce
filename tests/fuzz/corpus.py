"""Pages to begin with: the saved ones, every form and markup the tests can make, and real ones where they lie beside."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from scraper.sources import SOURCES, recognise
from tests import labelled_pages, listings, markups
from tests import test_ctgov_forms as forms
from tests.registry_pages import PAGES
from tests.samples import study
from tests.server_ctgov import API, Registry
from tests.server_trialx import Listings

SHARED = Path(__file__).parents[3] / "shared" / "data"
_LARGEST = 64 << 10
_REAL_A_FOLDER = 12
_EXPECTED = (".record.json", ".records.json", ".toml", ".described.txt")


def forms_of_pages(*, with_real: bool = False) -> dict[tuple[str, str], list[bytes]]:
    """(source, form) -> bodies to begin with."""
    found: dict[tuple[str, str], list[bytes]] = defaultdict(list)
    for source, form, body in (*_saved(), *_made(), *_marked_up(), *(_real() if with_real else ())):
        if body not in found[source, form]:
            found[source, form].append(body)
    return dict(found)


def _saved() -> Iterator[tuple[str, str, bytes]]:
    for folder in sorted(PAGES.iterdir()):
        source = folder.name if folder.name in {s.name for s in SOURCES} else "ctgov"
        for path in sorted(folder.rglob("*")):
            # What is expected of a listing lies beside it under the same name.
            if (
                not path.is_file()
                or path.name.endswith(_EXPECTED)
                or (source == "trialx" and path.suffix == ".json")
            ):
                continue
            kind = "page" if folder.name == "ctgov-html" else path.suffix[1:]
            yield source, kind, path.read_bytes()


def _made() -> Iterator[tuple[str, str, bytes]]:
    """The forms of ClinicalTrials.gov that nobody saves as files of one study."""
    plain = study("NCT99300001")
    yield "ctgov", "v1 json", forms.classic().encode()
    yield "ctgov", "beta json", json.dumps({"studies": [forms.in_lists(plain)]}).encode()
    yield "ctgov", "csv", forms.table(forms.OLD, forms.OLD).encode()
    yield "ctgov", "tsv", forms.table(forms.OLD, tabs=True).encode()
    yield "ctgov", "search xml", forms.RESULTS.format(forms.HIT).encode()
    yield (
        "ctgov",
        "bulk",
        "".join(json.dumps(study(f"NCT9930000{number}")) + "\n" for number in range(4)).encode(),
    )
    yield "ctgov", "bulk", json.dumps([plain, study("NCT99300002")], indent=1).encode()


def _marked_up() -> Iterator[tuple[str, str, bytes]]:
    for name, make in markups.MARKUPS.items():
        for listing in listings.LISTINGS[:6]:
            yield "trialx", name, make(listing).encode()
    for page in labelled_pages.described():
        for name, markup in labelled_pages.MARKUPS.items():
            yield page.source, "page" if page.source == "ctgov" else name, markup(page).encode()


def _real() -> Iterator[tuple[str, str, bytes]]:
    """Real pages of a size that can be tried often; none of them is ever written down."""
    for folder in sorted(SHARED.iterdir()) if SHARED.is_dir() else ():
        if not folder.is_dir():
            continue
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        for path in files[:: max(1, len(files) // _REAL_A_FOLDER)]:
            body = path.read_bytes()[:_LARGEST]
            source = recognise(path.name, body)
            if source is not None:
                yield source.name, f"real {folder.name}", body


def answers() -> list[bytes]:
    """What the network brings in place of a search answer, a list of ids, a sitemap."""
    site, registry = Listings(), Registry()
    site.load(PAGES / "trialx")
    registry.load(PAGES / "ctgov")
    asked = [
        site.answer("/clinical-trials/listings/search/", [("q", "")], {}),
        site.answer("/sitemap.xml", [], {}),
        Listings(packed_sitemap=True).answer("/sitemap.xml", [], {}),
        registry.answer(f"{API}/studies", [("pageSize", "2"), ("countTotal", "true")], {}),
        registry.answer(f"{API}/studies", [("fields", "protocolSection.identificationModule.nctId")], {}),
    ]
    found = [answer.body for answer in asked if answer is not None and answer.body]
    found += [(PAGES / "ctis" / "search.json").read_bytes(), (PAGES / "chictr" / "search.html").read_bytes()]
    return [*found, b"https://example.org/clinical-trials/listings/1/\nhttps://example.org/2\n"]
