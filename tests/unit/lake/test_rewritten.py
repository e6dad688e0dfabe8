"""A year is sorted while others write: no row is lost, none is there twice, little is in memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from fink_assets.lake import clustered, rewritten, sorting
from fink_assets.lake.streamed import held
from fink_assets.lake.tables import Tables

MEGABYTES = 620
"""Peak that sorting may have, of a table of 200 MB; 250 are had before anything is read."""
MANY = 200_000
SORT = r"""
import re, sys
from pathlib import Path
from fink_assets.lake import sorting
from fink_assets.lake.tables import Tables
table = Tables("ztf", sys.argv[1]).alerts
files = sorting.cluster(table)
print(files, int(re.search(r"VmHWM:\s*(.*) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""
"""What `getrusage` tells begins with the memory of the process that started this one."""


@pytest.fixture
def alerts(lake):
    return Tables("ztf", lake).alerts


def rows(first, number, *, columns=1):
    ids = np.arange(first, first + number)
    return pa.table(
        {
            "object_id": np.char.add("ZTF", (ids * 7919 % 10_007).astype(str)),
            "alert_id": ids,
            "year": pa.array(["2025"] * number),
            "candidate": pa.StructArray.from_arrays(
                [pa.array((ids % 5).astype(float)) for _ in range(columns)],
                [f"f{k}" for k in range(columns)],
            ),
        }
    )


def add(table, batch):
    clustered.append(table, held(rows(10 * batch, 10)), batch=batch)


def numbers(table):
    return sorted(DeltaTable(table.path).to_pyarrow_table()["alert_id"].to_pylist())


@pytest.fixture
def meanwhile(monkeypatch):
    """Lets something happen between the writing of sorted files and their commit."""

    def arrange(happens):
        write = rewritten._written

        def written(*arguments):
            found = write(*arguments)
            happens()
            return found

        monkeypatch.setattr(rewritten, "_written", written)

    return arrange


def test_rows_that_are_appended_meanwhile_stay_and_are_sorted_next_time(alerts, meanwhile):
    add(alerts, 0)
    add(alerts, 1)
    meanwhile(lambda: add(alerts, alerts.committed() + 1))
    assert sorting.cluster(alerts) == 2
    assert numbers(alerts) == list(range(30))
    assert sorting.cluster(alerts) == 2
    assert numbers(alerts) == list(range(40))


def test_files_that_another_replaced_meanwhile_are_left_to_the_next_time(alerts, meanwhile):
    for batch in range(3):
        add(alerts, batch)
    meanwhile(lambda: DeltaTable(alerts.path).optimize.compact())
    assert sorting.cluster(alerts) == 0
    assert numbers(alerts) == list(range(30))
    assert not list(Path(alerts.path).glob(f"{rewritten.FOLDER}*"))
    assert sorting.cluster(alerts) == 1


def test_what_loses_a_row_is_not_committed(alerts, monkeypatch):
    add(alerts, 0)
    sort = rewritten.ordered
    monkeypatch.setattr(
        rewritten, "ordered", lambda *a, **b: (batch.slice(1) for batch in sort(*a, **b))
    )
    with pytest.raises(RuntimeError, match="10 rows became 9"):
        sorting.cluster(alerts)
    assert numbers(alerts) == list(range(10))


def folders(table):
    return set(Path(table.path).glob(f"{rewritten.FOLDER}*"))


def test_what_a_killed_sort_left_is_deleted_once_it_is_old(alerts, monkeypatch):
    add(alerts, 0)
    sorting.cluster(alerts)
    (sorted_,) = folders(alerts)
    add(alerts, 1)
    with monkeypatch.context() as killed:
        killed.setattr(rewritten, "ordered", lambda *a, **b: (1 / 0 for _ in range(1)))
        with pytest.raises(Exception, match="division"):
            sorting.cluster(alerts)
    assert len(folders(alerts)) == 2
    sorting.clean(alerts, hours=1)
    assert len(folders(alerts)) == 2
    assert rewritten.forsake(alerts, hours=-1) == 1
    assert folders(alerts) == {sorted_}
    assert numbers(alerts) == list(range(20))


def test_sorted_files_are_of_the_table_alone_and_say_what_is_in_them(alerts):
    add(alerts, 0)
    sorting.cluster(alerts)
    assert len(list(Path(alerts.path).rglob("_delta_log"))) == 1
    (file,) = rewritten.files_of(alerts.log())
    assert (file["num_records"], file["partition.year"]) == (10, "2025")
    ids = DeltaTable(alerts.path).to_pyarrow_table()["object_id"].to_pylist()
    assert (file["min.object_id"], file["max.object_id"]) == (ids[0], ids[-1])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_table_larger_than_what_sorting_holds_is_sorted(alerts, lake):
    pieces = (rows(k, 20_000, columns=125) for k in range(0, MANY, 20_000))
    few = rows(0, 1, columns=125).schema
    clustered.append(alerts, clustered.Rows(few, lambda: pieces), batch=0)
    done = subprocess.run(
        [sys.executable, "-c", SORT, lake], capture_output=True, text=True, check=True
    )
    files, megabytes = map(int, done.stdout.split())
    assert files > 0
    assert alerts.count() == MANY
    found = [file["min.object_id"] for file in rewritten.files_of(alerts.log())]
    assert len(set(found)) == len(found)
    assert megabytes < MEGABYTES
