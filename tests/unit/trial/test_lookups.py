"""The bench of look-ups asks the tables that the archive makes, and reads its clock right."""

from fink_assets.lake.tables import Tables
from fink_assets.trial.lookups import WARMING, build, measure, questions


def test_built_alerts_are_in_every_table_and_every_question_has_an_answer(lake):
    tables = Tables("ztf", lake)
    build(tables, alerts=200)
    assert tables.science.count() == tables.alerts.count() == tables.classes.count() == 200
    asked = questions(tables, number=2)
    for question in asked:
        assert len(question.statements) == WARMING + 2
    objects, labels = asked
    assert all(len(tables.alerts.query(each)) for each in objects.statements)
    assert "Unknown" in tables.classes.query("select label from it")["label"].to_pylist()
    times = iter([0.0, 9.0, 9.0, 9.5, 10.0, 10.01, 11.0, 11.03])
    assert measure(labels, lambda: next(times)) == {"median_ms": 20.0, "p95_ms": 29.0}
