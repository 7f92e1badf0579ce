"""The migration that names the changed record: a history of before it is that of the record the trial shows."""

from sqlite_utils import Database

from scraper.store.migrations import migrations


def test_older_changes_are_those_of_the_record_that_the_trial_shows() -> None:
    db = Database(memory=True)
    migrations.apply(db, stop_before="m004_changed_record")
    values = {"trial_id": "NCT99000001", "source": "ctgov", "source_id": "NCT99000001"}
    times = dict.fromkeys(("first_seen_at", "last_seen_at", "last_changed_at"), "2026-01-01T00:00:00Z")
    db.table("trials").insert(values | times)
    row = {"position": 0, "field": "sex", "observed_at": "2026-01-01", "severity": "high", "source": "ctgov"}
    db.table("changes").insert(row | {"trial_id": "NCT99000001"})
    migrations.apply(db)
    assert db.execute("select source_id from changes").fetchall() == [("NCT99000001",)]
