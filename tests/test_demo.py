"""`make demo` up to the site: sample pages served, scraped by the real scraper, indexed, checked."""

from pathlib import Path

from tests import demo
from tests.commands import rows


def test_the_demo_scrapes_indexes_and_shows_a_contradiction(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    assert demo.main(["--build-only", "--data", str(data)]) == 0
    assert rows(data, "select source, count(*) >= 12 from records group by source order by source") == [
        ("ctgov", 1),
        ("trialx", 1),
    ]
    assert rows(data, "select quote_a, quote_b from conflicts where trial_id = 'NCT99000001'") == [
        ("4-60 years", "4 Months")
    ]


def test_the_demo_pages_are_in_our_own_words_under_ids_nobody_has() -> None:
    pages = Path(demo.PAGES)
    assert len(list((pages / "trialx").glob("*.toml"))) >= 12
    assert len([p for p in (pages / "ctgov").glob("NCT*.json") if "record" not in p.name]) >= 12
    assert all(p.name.startswith("NCT99") for p in (pages / "ctgov").glob("NCT*"))
