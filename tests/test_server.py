"""The loopback server itself: what the live sites are known to answer, so that the other tests mean something."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import server_faults as faults
from tests.server import SiteServer
from tests.server_source import listing, study


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SiteServer]:
    trialx, ctgov = tmp_path / "trialx", tmp_path / "ctgov"
    trialx.mkdir()
    ctgov.mkdir()
    for number in range(101, 113):
        (trialx / f"{number}.html").write_bytes(listing(f"of Größe {number}"))
    (trialx / "trialx-200.txt").write_text("Image\nA trial as text\nRecruiting\n", "utf-8")
    (trialx / "101.json").write_text("{}")
    (ctgov / "NCT00000001.json").write_text(
        json.dumps(study("NCT00000001", posted="2026-01-20", aliases=("NCT00000009",)))
    )
    (ctgov / "page.json").write_text(
        json.dumps({"studies": [study("NCT00000002", "Of a kidney", "2026-02-20")]})
    )
    (ctgov / "expected.json").write_text('{"source": "ctgov"}')
    (ctgov / "NCT00000003.xml").write_text(
        "<clinical_study><id_info><nct_id>NCT00000003</nct_id></id_info></clinical_study>"
    )
    with SiteServer(trialx, ctgov) as server:
        yield server


def get(server: SiteServer, path: str, **headers: str) -> requests.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    with requests.Session() as session:
        session.trust_env = False
        return session.get(server.base_url + path, headers=names, allow_redirects=False, timeout=5)


def ids(answer: requests.Response) -> list[str]:
    found: list[dict[str, Any]] = answer.json()["studies"]
    return [item["protocolSection"]["identificationModule"]["nctId"] for item in found]


def test_listing_has_a_bare_address_that_leads_to_its_full_one(server: SiteServer) -> None:
    for bare in (
        "/clinical-trials/listings/101",
        "/clinical-trials/listings/101/?radius=50",
        "/clinical-trials/listings/101/x/",
    ):
        answer = get(server, bare)
        assert answer.status_code == 301
        assert answer.headers["Location"] == "/clinical-trials/listings/101/trial-of-gre-101/"
    page = get(server, "/clinical-trials/listings/101/trial-of-gre-101/?&radius=50")
    assert page.content == listing("of Größe 101")


def test_listing_is_not_sent_twice(server: SiteServer) -> None:
    path = "/clinical-trials/listings/101/trial-of-gre-101/"
    first = get(server, path)
    again = get(server, path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert get(server, path, If_Modified_Since=first.headers["Last-Modified"]).status_code == 304
    assert get(server, path, If_None_Match='"other"').status_code == 200


def test_saved_text_is_a_listing_too(server: SiteServer) -> None:
    answer = get(server, "/clinical-trials/listings/200/a-trial-as-text/")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text.splitlines()[1] == "A trial as text"


def test_described_listings_are_served_in_every_kind_of_markup() -> None:
    with SiteServer(Path(__file__).parent / "pages" / "trialx") as server:
        sources = [page.body for page in server.listings.pages.values()]
        assert len(sources) >= 12
        assert any(b"<table" in body for body in sources)
        assert any(b"<" not in body[:50] for body in sources)
        for number, page in server.listings.pages.items():
            assert page.slug
            assert get(server, server.listings.address(number)).content == page.body


def test_search_shows_ten_results_a_page_with_links_to_the_others(server: SiteServer) -> None:
    first = get(server, "/clinical-trials/listings/search/?q=gr%C3%B6%C3%9Fe&place=").text
    assert first.count('class="search-item--link"') == 10
    assert (
        'class="page-link" href="/clinical-trials/listings/search/?q=gr%C3%B6%C3%9Fe&amp;place=&amp;page=2">Next<'
        in first
    )
    second = get(server, "/clinical-trials/listings/search/?q=gr%C3%B6%C3%9Fe&place=&page=2").text
    assert second.count('class="search-item--link"') == 2
    assert "Next" not in second


def test_search_matches_all_words(server: SiteServer) -> None:
    assert get(server, "/clinical-trials/listings/search/?q=trial+105").text.count("search-item--link") == 1
    assert "No trials match" in get(server, "/clinical-trials/listings/search/?q=zebra").text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/clinical-trials/listings/", 200, "Find a clinical trial"),
        ("/clinical-trials/listings/999/", 404, "does not exist"),
        ("/nowhere", 404, "does not exist"),
        ("/clinicaltrial/12/take-part/", 200, "Would you like to take part"),
        ("/robots.txt", 200, "Sitemap: https://www.trialx.com/sitemap.xml"),
        ("/sitemap.xml", 200, "https://www.trialx.com/clinical-trials/listings/101/trial-of-gre-101/"),
        ("/study/NCT00000001", 200, "<ctg-root>"),
        ("/ct2/show/NCT00000003?displayxml=true", 200, "<nct_id>NCT00000003</nct_id>"),
        ("/ct2/show/NCT00000004?displayxml=true", 404, "not found"),
        ("/api/v2/version", 200, "dataTimestamp"),
        ("/api/v2/stats/size", 200, '"totalStudies":2'),
        ("/api/v2/studies/nct00000001", 200, '"nctId":"NCT00000001"'),
        ("/api/v2/studies/NCT99999999", 404, "not found"),
        ("/api/v2/studies/words", 400, "incorrect format"),
        ("/api/v2/studies?pageSize=many", 400, "pageSize"),
        ("/api/v2/studies?query.nonsense=1", 400, "Unknown parameter"),
        ("/api/v2/studies?filter.ids=words", 400, "filter.ids"),
        ("/api/v2/studies?filter.advanced=AREA[Phase]PHASE3", 400, "filter.advanced"),
        ("/api/v2/studies?pageToken=words", 400, "pageToken"),
    ],
)
def test_addresses_answer_as_the_sites_do(server: SiteServer, path: str, status: int, words: str) -> None:
    answer = get(server, path)
    assert answer.status_code == status
    assert words in answer.text
    if status == 400:
        assert answer.headers["Content-Type"].startswith("text/plain")


def test_former_id_leads_to_the_current_one(server: SiteServer) -> None:
    answer = get(server, "/api/v2/studies/NCT00000009")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/api/v2/studies/NCT00000001")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["NCT00000001", "NCT00000002"]),
        ("query.term=kidney", ["NCT00000002"]),
        ("query.cond=kidney", []),
        ("query.cond=ASTHMA", ["NCT00000001", "NCT00000002"]),
        ("filter.ids=NCT00000002,NCT00000009&fields=NCTId", ["NCT00000001", "NCT00000002"]),
        ("filter.overallStatus=COMPLETED", []),
        ("filter.advanced=AREA[LastUpdatePostDate]RANGE[2026-02-01,MAX]", ["NCT00000002"]),
        ("filter.advanced=AREA[LastUpdatePostDate]RANGE[MIN,2026-02-01]", ["NCT00000001"]),
        ("pageSize=5000", ["NCT00000001", "NCT00000002"]),
    ],
)
def test_interface_searches(server: SiteServer, query: str, found: list[str]) -> None:
    answer = get(server, f"/api/v2/studies?{query}")
    assert ids(answer) == found
    assert "nextPageToken" not in answer.json()


def test_interface_pages_by_token_and_counts_on_the_first_page_only(server: SiteServer) -> None:
    first = get(server, "/api/v2/studies?pageSize=1&countTotal=true")
    token = first.json()["nextPageToken"]
    second = get(server, f"/api/v2/studies?pageSize=1&countTotal=true&pageToken={token}")
    assert ids(first) + ids(second) == ["NCT00000001", "NCT00000002"]
    assert first.json()["totalCount"] == 2
    assert "totalCount" not in second.json()
    assert "nextPageToken" not in second.json()
    assert get(server, f"/api/v2/studies?pageSize=2&pageToken={token}").status_code == 400


def test_faults_hit_what_they_name_as_often_as_told(server: SiteServer) -> None:
    server.fail("/version$", faults.too_many_requests("3"), times=2)
    server.fail("/size$", faults.status(500), every=2)
    assert [get(server, "/api/v2/version").status_code for _ in range(3)] == [429, 429, 200]
    assert [get(server, "/api/v2/stats/size").status_code for _ in range(4)] == [200, 500, 200, 500]
    server.mend()
    assert get(server, "/api/v2/stats/size").status_code == 200


def test_requests_are_counted_with_their_headers(server: SiteServer) -> None:
    get(server, "/api/v2/version", User_Agent="someone/1.0")
    (asked,) = server.asked("version")
    assert asked.target == "/api/v2/version"
    assert asked.headers["user-agent"] == "someone/1.0"
    assert asked.at > 0
