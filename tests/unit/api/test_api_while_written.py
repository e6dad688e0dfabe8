"""Answers are those of a scan of one state of the tables, whatever is done to these meanwhile.

A batch after another is appended by the tables' own writers; now and then tables are sorted and
compacted, and every file that was replaced is deleted at once.
"""

import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from api_archive import packets, science_row, write_ztf
from astropy.coordinates import SkyCoord
from deltalake import DeltaTable
from fastapi.testclient import TestClient

from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.lake import sorting
from fink_assets.lake.tables import Tables

SORTED = ("objects", "alerts", "classes", "history")
FOLDERS = ("science", "raw", "sources")
LABELS = ("QSO", "SN candidate", "Unknown")
NAMES = ("ZTF18aaaaaaa", "ZTF18bbbbbbb", "ZTF18ccccccc")
BATCHES, FEW = 8, 4
RADIUS_ARCSEC = 4.0


def packet(original, batch, k):
    """Alert of an object, each brighter than the one before and at another place."""
    number = 3 * batch + k
    jd = original["candidate"]["jd"] + 0.3 * number
    place = {"ra": original["candidate"]["ra"], "dec": original["candidate"]["dec"] + number * 3e-4}
    limit = {**original["prv_candidates"][0], "jd": jd - 0.1, "pid": 1000 + number, "candid": None}
    return {
        **original,
        "objectId": NAMES[(number + batch) % len(NAMES)],
        "candid": number + 1,
        "candidate": {**original["candidate"], "jd": jd, "candid": number + 1, **place},
        "prv_candidates": [{**limit, "magpsf": None}],
    }


class World:
    """Batches of three alerts, and what a scan of those that are written finds."""

    def __init__(self, root):
        self.root, self.tables = root, Tables("ztf", str(root))
        original = next(p for p in packets() if p["prv_candidates"])
        self.packets = [[packet(original, b, k) for k in range(3)] for b in range(BATCHES)]
        self.rows = [
            [
                science_row(p, classification={"label": LABELS[p["candid"] % len(LABELS)]})
                for p in batch
            ]
            for batch in self.packets
        ]
        self.begun = self.ended = 0

    def add(self, batch):
        """Append a batch to every table."""
        self.begun = batch + 1
        write_ztf(self.root, self.rows[batch], raw=self.packets[batch])
        self.ended = batch + 1

    def care(self):
        """Sort and compact, and delete what was replaced."""
        for noun in SORTED:
            table = getattr(self.tables, noun)
            sorting.cluster(table)
            sorting.clean(table, hours=0)
        for noun in FOLDERS:
            path = getattr(self.tables, noun).path
            DeltaTable(path).optimize.compact()
            DeltaTable(path).vacuum(0, dry_run=False, enforce_retention_duration=False)

    def scan(self, batches):
        """Rows of the first batches, the newest first."""
        rows = [row for batch in self.rows[:batches] for row in batch]
        return sorted(rows, key=lambda row: row["time"], reverse=True)

    def of_object(self, batches):
        return [r["alert_id"] for r in self.scan(batches) if r["object_id"] == NAMES[0]]

    def of_class(self, batches):
        of_label = [r for r in self.scan(batches) if r["classification"]["label"] == LABELS[0]]
        return [r["alert_id"] for r in of_label[:FEW]]

    def of_cone(self, batches):
        newest = {r["object_id"]: r for r in reversed(self.scan(batches))}
        middle = SkyCoord(self.rows[0][0]["ra"], self.rows[0][0]["dec"], unit="deg")
        places = {n: SkyCoord(r["ra"], r["dec"], unit="deg") for n, r in newest.items()}
        apart = {n: middle.separation(place).arcsec for n, place in places.items()}
        near = [name for name in newest if apart[name] <= RADIUS_ARCSEC]
        return [newest[name]["alert_id"] for name in sorted(near, key=apart.get)]

    def limits(self, batches):
        packets_ = [p for batch in self.packets[:batches] for p in batch]
        return sorted(
            (p["prv_candidates"][0]["jd"] for p in packets_ if p["objectId"] == NAMES[0]),
            reverse=True,
        )


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.add(0)
    return made


def questions(world):
    """Each question, what of its answer is looked at, and the scan that it must equal."""
    place = {"ra": world.rows[0][0]["ra"], "dec": world.rows[0][0]["dec"]}
    name = {"objectId": NAMES[0]}
    label = {"class": LABELS[0], "n": FEW, "startdate": "2018-01-01"}
    alert = "i:candid"
    return {
        "an object": ("objects", name, alert, world.of_object),
        "a class": ("latests", label, alert, world.of_class),
        "a cone": ("conesearch", {**place, "radius": RADIUS_ARCSEC}, alert, world.of_cone),
    }


def asked(client, path, arguments, column):
    answer = client.post(f"/api/v1/{path}", json=arguments)
    assert answer.status_code == 200, answer.text
    return [row[column] for row in answer.json()]


def served(world):
    """Clients of one server, which has tables of its own, as another process has."""
    from fink_assets.api.archive import Archive

    archive = Archive(tables=Tables("ztf", str(world.root)))
    return lambda: TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF"))


class Readers:
    """Threads that ask on and on while a world changes, and note each answer that no scan gives."""

    def __init__(self, world):
        self.world, self.client_of, self.done = world, served(world), threading.Event()
        self.wrong, self.answers = [], []
        self.threads = [
            threading.Thread(target=self.read, args=each) for each in questions(world).values()
        ]
        self.threads.append(threading.Thread(target=self.images))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *problem):
        self.done.set()
        for thread in self.threads:
            thread.join()

    def going_on(self):
        return not self.done.wait(0.02) and not self.wrong

    def read(self, path, arguments, column, scan):
        client = self.client_of()
        while self.going_on():
            least = self.world.ended
            found = asked(client, path, arguments, column)
            possible = [scan(n) for n in range(least, self.world.begun + 1)]
            self.answers.append((path, len(found)))
            if found not in possible:
                self.wrong.append((path, found, possible))

    def images(self):
        client, arguments = self.client_of(), {"objectId": NAMES[0], "withcutouts": True}
        arguments |= {"columns": "i:candid", "cutout-kind": "Science"}
        while self.going_on():
            rows = client.post("/api/v1/objects", json=arguments).json()
            self.answers.append(("images", len(rows)))
            if any(row["b:cutoutScience_stampData"] is None for row in rows):
                self.wrong.append(("images", rows))


def test_answers_equal_a_scan_while_tables_are_written_sorted_compacted_and_vacuumed(world):
    with Readers(world) as readers:
        for batch in range(1, BATCHES):
            world.add(batch)
            if batch % 2 == 0:
                world.care()
    assert not readers.wrong
    assert {path for path, _ in readers.answers} == {"objects", "latests", "conesearch", "images"}
    assert len({n for path, n in readers.answers if path == "objects"}) > 1
    client = readers.client_of()
    for what, (path, arguments, column, scan) in questions(world).items():
        assert asked(client, path, arguments, column) == scan(BATCHES), what


def test_a_moment_of_the_past_is_the_same_in_every_table(world):
    moments = [datetime.now(UTC)]
    for batch in range(1, 4):
        world.add(batch)
        moments.append(datetime.now(UTC))
        for noun in SORTED:
            sorting.cluster(getattr(world.tables, noun))
    client = served(world)()
    for batches, moment in enumerate(moments, start=1):
        as_of = {"as_of": moment.isoformat()}
        for what, (path, arguments, column, scan) in questions(world).items():
            assert asked(client, path, arguments | as_of, column) == scan(batches), what
        found = client.post(
            "/api/v1/objects", json={"objectId": NAMES[0], "withupperlim": True} | as_of
        ).json()
        limits = [row["i:jd"] for row in found if row["d:tag"] == "upperlim"]
        assert limits == pytest.approx(world.limits(batches))
        assert len(found) - len(limits) == len(world.of_object(batches))


def test_a_moment_whose_files_were_deleted_is_refused_not_answered_in_part(world):
    before = datetime.now(UTC).isoformat()
    world.add(1)
    world.care()
    client = served(world)()
    for path, arguments, *_ in questions(world).values():
        answer = client.post(f"/api/v1/{path}", json={**arguments, "as_of": before})
        assert answer.status_code == 400
        assert "not kept any more" in answer.text
    version = client.post("/api/v1/objects", json={"objectId": NAMES[0], "as_of": "1"})
    assert version.status_code == 400


def test_a_version_is_found_by_what_its_commit_says_not_by_the_time_of_its_file(world):
    """On a busy machine a commit's file is written some milliseconds after the time it states."""
    for batch in (1, 2):
        world.add(batch)
    log = Path(world.tables.alerts.path) / "_delta_log"
    later = time.time() + 60
    for commit in log.glob("*.json"):
        os.utime(commit, (later, later))
    client = served(world)()
    path, arguments, column, scan = questions(world)["an object"]
    for batches in (1, 2, 3):  # version 0 is the table itself
        assert asked(client, path, {**arguments, "as_of": str(batches)}, column) == scan(batches)
