"""What search learns follows every change of the trials, and is what a build of everything anew would learn."""

import hashlib
import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from scraper import build
from scraper.search import learned as search_learned
from tests.commands import dump, rows, trials, trials_json
from tests.registry_pages import PAGES
from tests.samples import study

NAMES = {
    "Winter cough": ("Bronchitis", "Lung Diseases"),
    "Bronchitis": ("Bronchitis", "Lung Diseases"),
    "Heart attack": ("Myocardial Infarction", "Heart Diseases"),
    "Myocardial Infarction": ("Myocardial Infarction", "Heart Diseases"),
    "Gout": ("Gout", "Joint Diseases"),
    "Hairy gout": ("Gout", "Joint Diseases"),
}


def record(number: int, names: list[str], title: str, updated: str, is_told: bool = True) -> dict[str, Any]:
    """A study of these conditions with the MeSH terms that the registry gives them."""
    made = study(f"NCT{99100000 + number}", title=title, updated=updated)
    made["protocolSection"]["conditionsModule"] = {"conditions": names, "keywords": ["lamp"]}
    if is_told:
        terms = {NAMES[name][0] for name in names}
        above = {NAMES[name][1] for name in names}
        made["derivedSection"] = {
            "conditionBrowseModule": {
                "meshes": [{"id": f"D{len(term):06}", "term": term} for term in sorted(terms)],
                "ancestors": [{"id": f"D{len(term):06}", "term": term} for term in sorted(above)],
            }
        }
    return made


def write(folder: Path, name: str, studies: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ndjson"
    path.write_text("".join(json.dumps(each) + "\n" for each in studies))
    return path


def invented(rng: random.Random, day: int) -> dict[str, Any]:
    names = rng.sample(sorted(NAMES), rng.randint(1, 3))
    long_form = rng.choice(
        ("acute winter cough (AWC)", "annual water count (AWC)", "plain words", "Big Toe (BT)")
    )
    return record(
        rng.randint(1, 25), names, f"Lanterns in {long_form}", f"2026-03-{day:02}", is_told=rng.random() < 0.7
    )


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_imports_learns_what_a_full_build_learns(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    data = tmp_path / "data"
    for step in range(5):
        batch = {
            made["protocolSection"]["identificationModule"]["nctId"]: made
            for made in (invented(rng, step + 1) for _ in range(rng.randint(1, 12)))
        }
        assert trials(data, "import", write(tmp_path, f"step{step}", list(batch.values()))).exit_code == 0
    before = dump(data)
    assert before["inferred_terms"]
    assert before["synonyms"]
    assert trials(data, "build", "--full").exit_code == 0
    assert dump(data) == before


def test_only_changed_trials_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    first = [record(n, ["Gout"], "Toes", "2026-03-01") for n in range(1, 9)]
    trials(data, "import", write(tmp_path, "first", first))
    asked: list[list[str] | None] = []

    def tally(connection: sqlite3.Connection, sample: Any, trial_ids: Any = None) -> Any:
        asked.append(None if trial_ids is None else list(trial_ids))
        return search_learned.tally(connection, sample, trial_ids)

    monkeypatch.setattr(build, "tally", tally)
    trials(data, "import", write(tmp_path, "second", [record(3, ["Bronchitis"], "Toes", "2026-03-02")]))
    assert asked == [["NCT99100003"], ["NCT99100003"]]


def test_importing_the_same_again_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    data = tmp_path / "data"
    rng = random.Random(1)
    file = write(tmp_path, "all", [invented(rng, 1) for _ in range(9)])
    trials(data, "import", file)
    trials(data, "import", write(tmp_path, "more", [invented(rng, 2)]))
    before = hashlib.sha256((data / "trials.db").read_bytes()).hexdigest()
    assert trials_json(data, "import", file)["trials_written"] == 0
    assert hashlib.sha256((data / "trials.db").read_bytes()).hexdigest() == before


def test_learning_that_a_kill_cut_off_is_made_up_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    trials(data, "import", write(tmp_path, "first", [record(1, ["Gout"], "Toes", "2026-03-01")]))
    more = [record(n, ["Heart attack"], "Hearts", "2026-03-01") for n in range(2, 6)]
    untold = record(7, ["Heart attack"], "Hearts", "2026-03-01", is_told=False)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("scraper.store.learned.save", killed)
        trials(data, "import", write(tmp_path, "second", [*more, untold]))
    assert rows(data, "select term from inferred_terms") == []
    assert trials(data, "build").exit_code == 0
    assert ("Myocardial Infarction",) in rows(data, "select term from inferred_terms")
    before = dump(data)
    trials(data, "build", "--full")
    assert dump(data) == before


def test_database_of_an_older_schema_is_counted_at_its_first_update(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write(tmp_path, "first", [record(n, ["Gout"], "T", "2026-03-01") for n in (1, 2)]))
    connection = sqlite3.connect(data / "trials.db")
    connection.execute("delete from learned_counts")
    connection.commit()
    connection.close()
    trials(data, "import", write(tmp_path, "second", [record(3, ["Gout"], "T", "2026-03-02")]))
    before = dump(data)
    trials(data, "build", "--full")
    assert dump(data) == before


def test_isrctn_trial_on_heart_attack_is_found_under_myocardial_infarction(tmp_path: Path) -> None:
    data = tmp_path / "data"
    told = [record(n, ["Heart attack"], "Hearts", "2026-03-01") for n in range(1, 5)]
    trials(data, "import", write(tmp_path, "told", told))
    page = (PAGES / "isrctn" / "ordinary.xml").read_text(encoding="utf-8")
    assert "<description>Insomnia</description>" in page
    saved = tmp_path / "isrctn.xml"
    saved.write_text(
        page.replace(
            "<description>Insomnia</description>", "<description>Heart attack</description>"
        ).replace("NCT99000041", ""),
        encoding="utf-8",
    )
    assert trials(data, "import", saved).exit_code == 0
    found = trials_json(data, "search", "condition: myocardial infarction")
    assert "ISRCTN99000041" in {hit["trial_id"] for hit in found["hits"]}
    assert rows(
        data,
        "select term, is_ancestor, evidence from inferred_terms where trial_id = 'ISRCTN99000041' order by position",
    ) == [("Myocardial Infarction", 0, "Heart attack"), ("Heart Diseases", 1, "Myocardial Infarction")]
