"""What services answered is kept once, by whoever asked, and the newest answer counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import deltalake
import numpy as np
import pandas as pd
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.services import served

from fink_assets.catalogues.catalogue import CatalogueColumn
from fink_assets.services import SIMBAD, SPICY
from fink_assets.services.answers import FILES, Answers
from fink_assets.services.service import ORDER

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAST = 12 * 4**ORDER - 1
CELLS = np.array([0, 5, 7_000_000_000, LAST])


def sources(*rows):
    return pd.DataFrame(
        [(c, 10.0, 20.0, n, "Star", "*") for c, n in rows],
        columns=["cell", "ra", "dec", "main_id", "main_type", "otype"],
    )


NONE = sources()
SOURCES = sources((5, "one"), (LAST, "first"), (LAST, "second"))


def rows_of(answers, service=SIMBAD):
    return answers.table(service).count()


def test_what_was_kept_is_known_with_its_date_and_sources_in_their_order(tmp_path):
    answers = Answers(str(tmp_path))
    assert answers.keep(SIMBAD, CELLS, SOURCES, NOW) == 4
    known = Answers(str(tmp_path)).known(SIMBAD, np.array([5, 6, LAST, 0]))
    assert sorted(known.answered.index) == [0, 5, LAST]
    assert set(known.answered) == {pd.Timestamp(NOW)}
    names = known.sources.groupby("cell")["main_id"].agg(list).to_dict()
    assert names == {5: ["one"], LAST: ["first", "second"]}


def test_of_a_lake_without_answers_nothing_is_known(tmp_path):
    known = Answers(str(tmp_path)).known(SIMBAD, CELLS)
    assert len(known.answered) == len(known.sources) == 0
    assert [*known.sources.columns] == [*SOURCES.columns]


def test_nulls_stay_null_and_whole_numbers_whole(tmp_path):
    answers = Answers(str(tmp_path))
    rows = pd.DataFrame(
        {"cell": [5, 5], "ra": 1.0, "dec": 2.0, "SPICY": [80045, None], "class": [None, "FS"]}
    ).astype({"SPICY": "Int64"})
    answers.keep(SPICY, np.array([5]), rows, NOW)
    known = answers.known(SPICY, np.array([5])).sources
    assert known["SPICY"].astype(object).where(known["SPICY"].notna(), None).tolist() == [
        80045,
        None,
    ]
    assert known["class"].tolist() == [None, "FS"]


def test_to_keep_the_same_again_changes_nothing(tmp_path):
    answers = Answers(str(tmp_path))
    answers.keep(SIMBAD, CELLS, SOURCES, NOW)
    version = DeltaTable(answers.table(SIMBAD).address).version()
    assert answers.keep(SIMBAD, CELLS, SOURCES, NOW) == 0
    assert answers.keep(SIMBAD, CELLS[:2], SOURCES, NOW - timedelta(days=1)) == 0
    assert DeltaTable(answers.table(SIMBAD).address).version() == version


def test_a_write_that_breaks_off_leaves_nothing_and_may_be_repeated(tmp_path, monkeypatch):
    import deltalake

    answers, write = Answers(str(tmp_path)), deltalake.write_deltalake
    answers.keep(SIMBAD, CELLS[:1], SOURCES, NOW)

    def break_off(table, rows, **options):
        (tmp_path / "services/simbad/region=0/part-lost.parquet").write_bytes(b"PAR1")
        raise OSError("no space left on device")

    monkeypatch.setattr(deltalake, "write_deltalake", break_off)
    with pytest.raises(OSError, match="space"):
        answers.keep(SIMBAD, CELLS, SOURCES, NOW)
    assert sorted(answers.known(SIMBAD, CELLS).answered.index) == [0]
    monkeypatch.setattr(deltalake, "write_deltalake", write)
    assert answers.keep(SIMBAD, CELLS, SOURCES, NOW) == 3
    assert rows_of(answers) == 4


def test_the_newest_answer_counts_whatever_came_last(tmp_path):
    answers, one = Answers(str(tmp_path)), np.array([5])
    answers.keep(SIMBAD, one, sources((5, "old")), NOW)
    answers.keep(SIMBAD, one, sources((5, "new"), (5, "newer")), NOW + timedelta(days=40))
    answers.keep(SIMBAD, one, sources((5, "late")), NOW + timedelta(days=20))
    known = answers.known(SIMBAD, one)
    assert known.sources["main_id"].tolist() == ["new", "newer"]
    assert known.answered.tolist() == [pd.Timestamp(NOW + timedelta(days=40))]
    assert rows_of(answers) == 2, "what was answered before can still be seen"


def test_writers_at_the_same_time_lose_nothing(tmp_path):
    """Each with its own view of the lake, and each making the table if it is not there."""
    parts = np.array_split(np.arange(0, LAST, LAST // 60), 6)
    work = [
        Thread(target=lambda p=p: Answers(str(tmp_path)).keep(SIMBAD, p, SOURCES, NOW))
        for p in parts
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    wanted = np.concatenate(parts)
    assert sorted(Answers(str(tmp_path)).known(SIMBAD, wanted).answered.index) == sorted(wanted)


def test_a_write_that_another_crossed_is_done_again(tmp_path, monkeypatch):
    write, refused = deltalake.write_deltalake, []

    def crossed(*given, **more):
        if not refused:
            refused.append(given)
            raise CommitFailedError("Metadata changed since last commit.")
        write(*given, **more)

    monkeypatch.setattr(deltalake, "write_deltalake", crossed)
    answers = Answers(str(tmp_path))
    assert answers.keep(SIMBAD, CELLS, SOURCES, NOW) == len(CELLS) == len(np.unique(CELLS))
    assert refused
    assert len(answers.known(SIMBAD, CELLS).answered) == len(CELLS)


def test_another_question_does_not_take_the_answers_of_the_first(tmp_path):
    """With another radius a piece would lack sources, with another column values."""
    answers = Answers(str(tmp_path))
    answers.keep(SIMBAD, CELLS, SOURCES, NOW)
    for change in (
        {"radius_arcsec": 2.0},
        {"table": "simbad2"},
        {"columns": SIMBAD.columns[:2]},
    ):
        assert len(answers.known(replace(SIMBAD, **change), CELLS).answered) == 0
    words = replace(SIMBAD, doc="Other words.", max_age_days=3.0, owners=("team:x",))
    assert words.digest != SIMBAD.digest
    assert len(answers.known(words, CELLS).answered) == len(CELLS)


def test_a_new_column_is_added_to_the_table_and_to_new_answers(tmp_path):
    answers, one = Answers(str(tmp_path)), np.array([5])
    answers.keep(SIMBAD, one, sources((5, "a")), NOW)
    more = CatalogueColumn(name="redshift", type="double", source="redshift", doc="Redshift.")
    wider = replace(SIMBAD, columns=(*SIMBAD.columns, more))
    answers.keep(wider, one, sources((5, "b")).assign(redshift=0.5), NOW)
    assert answers.known(wider, one).sources["redshift"].tolist() == [0.5]
    assert answers.known(SIMBAD, one).sources["main_id"].tolist() == ["a"]


def test_compaction_makes_few_files_and_keeps_every_answer(tmp_path):
    answers = Answers(str(tmp_path))
    assert answers.compact(SIMBAD) == {"folders": 0, "files deleted": 0}
    for cell in range(FILES + 2):
        answers.keep(SIMBAD, np.array([cell]), sources((cell, f"s{cell}")), NOW)
    before = answers.known(SIMBAD, np.arange(FILES + 2))
    assert answers.compact(SIMBAD)["folders"] == 1
    assert len(DeltaTable(answers.table(SIMBAD).address).file_uris()) == 1
    assert answers.compact(SIMBAD)["folders"] == 0
    after = answers.known(SIMBAD, np.arange(FILES + 2))
    pd.testing.assert_series_equal(before.answered.sort_index(), after.answered.sort_index())
    assert sorted(before.sources["main_id"]) == sorted(after.sources["main_id"])


def test_answers_added_while_files_are_compacted_are_not_lost(tmp_path):
    for cell in range(FILES + 2):
        Answers(str(tmp_path)).keep(SIMBAD, np.array([cell]), NONE, NOW)
    more = np.arange(100, 110)
    adding = Thread(
        target=lambda: [
            Answers(str(tmp_path)).keep(SIMBAD, more[[i]], NONE, NOW) for i in range(10)
        ]
    )
    adding.start()
    Answers(str(tmp_path)).compact(SIMBAD)
    adding.join()
    known = Answers(str(tmp_path)).known(SIMBAD, np.append(np.arange(FILES + 2), more))
    assert len(known.answered) == FILES + 12


@settings(max_examples=15)
@given(
    kept=st.lists(
        st.tuples(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(0, 5)),
        max_size=6,
    )
)
def test_whatever_is_kept_in_whatever_order_the_last_answer_of_each_cell_is_known(
    kept, tmp_path_factory
):
    answers = Answers(str(tmp_path_factory.mktemp("lake")))
    newest = {}
    for cells, day in kept:
        rows = sources(*((cell, f"day {day}") for cell in sorted(set(cells))))
        answers.keep(SIMBAD, np.array(cells), rows, NOW + timedelta(days=day))
        newest |= {c: f"day {day}" for c in cells if f"day {day}" >= newest.get(c, "")}
    known = answers.known(SIMBAD, np.arange(10)).sources
    assert dict(zip(known["cell"], known["main_id"], strict=True)) == newest


def test_files_tell_which_cells_they_hold_so_that_others_are_not_read(tmp_path):
    answers = Answers(str(tmp_path))
    answers.keep(SIMBAD, CELLS, SOURCES, NOW)
    log = DeltaTable(answers.table(SIMBAD).address)
    files = log.get_add_actions(flatten=True)
    least, most = (files.column(f"{end}.cell").to_pylist() for end in ("min", "max"))
    assert sorted(zip(least, most, strict=True)) == [(0, 5), (7_000_000_000,) * 2, (LAST, LAST)]


def test_thousands_of_cells_are_looked_up_among_many_without_reading_all(tmp_path):
    """A budget with room for a busy machine: 3,000 of 60,000 cells take 0.1 s."""
    answers = Answers(str(tmp_path))
    cells = np.unique(np.random.default_rng(1).integers(0, LAST, 60_000))
    answers.keep(SIMBAD, cells, SOURCES, NOW)
    field = cells[:3000]
    known, seconds = served.elapsed(lambda: answers.known(SIMBAD, field))
    assert len(known.answered) == 3000
    assert seconds < 5
