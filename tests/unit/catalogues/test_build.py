"""From a declaration to the compact file: fetched once, checked, whole or not at all."""

import hashlib
import io
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from unit.catalogues.own import ROWS, declare, written

from fink_assets.catalogues import CATALOGUES
from fink_assets.catalogues.build import ensure, ensure_all
from fink_assets.catalogues.catalogue import Member, OwnFile, Position
from fink_assets.catalogues.counterparts import counterparts, opened
from fink_assets.catalogues.read import CatalogueError
from fink_assets.packages import Package, PackageError


def wheel(tmp_path, **members):
    """A package with files, and how it is declared."""
    file = tmp_path / "some_package-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as content:
        for name, text in members.items():
            content.writestr(f"data/{name}.csv", text)
    package = Package(name="some-package", version="1.0", sha256=sha(file), kind="wheel")
    return file, package


def sha(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def member(package, name, text):
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Member(package=package, path=f"data/{name}.csv", sha256=digest)


@pytest.fixture
def text():
    out = io.StringIO()
    ROWS.to_csv(out, index=False)
    return out.getvalue()


@pytest.fixture
def packaged(tmp_path, text):
    """A catalogue in a package, and the package's file."""
    file, package = wheel(tmp_path, mine=text, other=text)
    return replace(declare(written(tmp_path)), files=(member(package, "mine", text),)), file


def test_a_file_of_one_s_own_becomes_a_table_sorted_by_cell(tmp_path, cache):
    table = opened_after(ensure, declare(written(tmp_path)))
    cell = table["healpix_29"].to_numpy()
    assert (np.diff(cell) > 0).all()
    assert sorted(table["name"].to_pylist()) == ["a", "b", "c", "d"]
    assert table.schema.metadata[b"licence"] == b"CC0-1.0"
    assert table.schema.metadata[b"rows_without_position"] == b"0"


def opened_after(make, catalogue):
    make(catalogue)
    return opened(catalogue)


def test_rows_without_a_position_are_left_out_and_counted(tmp_path, cache):
    rows = pd.concat([ROWS, ROWS.assign(RA=float("nan")).head(2)])
    table = opened_after(ensure, declare(written(tmp_path, rows)))
    assert table.num_rows == 4
    assert table.schema.metadata[b"rows_without_position"] == b"2"


def test_a_relative_path_is_below_the_folder_of_catalogues(tmp_path, cache):
    catalogue = declare(written(tmp_path))
    (own,) = catalogue.files
    catalogue = replace(catalogue, files=(OwnFile(path="mine.csv", sha256=own.sha256),))
    assert catalogue.missing().endswith(
        f"put the file at {cache}/own/mine.csv and run `fink setup`"
    )
    with pytest.raises(CatalogueError, match=r"mine: put the file at .*own/mine\.csv"):
        ensure(catalogue)
    written(tmp_path).rename((cache / "own").mkdir(parents=True) or cache / "own" / "mine.csv")
    ensure(catalogue)
    assert catalogue.missing() == ""


def test_another_content_than_declared_is_refused_with_its_sum(tmp_path, cache):
    file = written(tmp_path)
    catalogue = declare(file)
    file.write_text(file.read_text().replace("a", "A"))
    with pytest.raises(CatalogueError, match=f"has sha256 {sha(file)}, declared is"):
        ensure(catalogue)
    assert catalogue.missing()


def test_a_catalogue_that_is_there_is_left_alone(tmp_path, cache):
    file = written(tmp_path)
    made = ensure(declare(file))
    stamp = made.stat().st_mtime_ns
    catalogue = declare(file)
    file.unlink()
    assert ensure(catalogue) == made
    assert made.stat().st_mtime_ns == stamp
    assert [path.name for path in cache.iterdir()] == [made.name]


@pytest.mark.parametrize(
    "change", [{"version": "2"}, {"radius_arcsec": 3.0}, {"position": Position(ra="DEC", dec="RA")}]
)
def test_whatever_changes_of_a_declaration_changes_the_digest(tmp_path, cache, change):
    file = written(tmp_path)
    assert declare(file, **change).digest != declare(file).digest
    assert declare(file, **change).file != declare(file).file


def test_files_of_a_package_are_taken_at_once_and_fetched_once(packaged, cache, text):
    catalogue, file = packaged
    (mine,) = catalogue.files
    other = replace(catalogue, name="other", files=(member(mine.package, "other", text),))
    ensure(catalogue, beside=[other], archives={"some-package": file})
    file.unlink()
    assert ensure_all([catalogue, other]) == {}
    assert opened(other).num_rows == 4


def test_without_network_a_package_s_file_may_be_given(packaged, cache):
    catalogue, file = packaged
    assert ensure_all([catalogue], archives=[file]) == {}


def test_a_catalogue_that_cannot_be_had_leaves_the_others_alone(
    packaged, tmp_path, cache, monkeypatch
):
    def unreachable(package, folder):
        raise PackageError(f"pip cannot download {package.requirement}")

    monkeypatch.setattr(Package, "fetch", unreachable)
    catalogue, _ = packaged
    there = replace(declare(written(tmp_path)), name="there")
    problems = ensure_all([catalogue, there])
    assert problems == {"mine": "pip cannot download some-package==1.0"}
    assert there.missing() == ""
    assert catalogue.missing() == (
        "catalogue mine 1 is not there: run `fink setup`, which fetches it"
    )


def test_a_package_without_the_file_is_refused(packaged, cache):
    catalogue, file = packaged
    (mine,) = catalogue.files
    absent = replace(catalogue, files=(replace(mine, path="data/absent.csv"),))
    with pytest.raises(PackageError, match=r"some-package==1\.0 lacks data/absent\.csv"):
        ensure(absent, archives={"some-package": file})


def test_a_radius_of_its_own_bounds_a_source_s_counterparts(tmp_path, cache):
    rows = ROWS.assign(own=[0.5, 2.0, 2.0, 2.0])
    position = Position(ra="RA", dec="DEC", radius="own")
    catalogue = declare(written(tmp_path, rows), position=position)
    ensure(catalogue)
    dec = pd.Series([20 + 0.4 / 3600, 20 + 0.6 / 3600])
    assert counterparts(catalogue, pd.Series([10.0, 10.0]), dec)["mine_name"].tolist() == [
        "a",
        None,
    ]


def test_a_radius_above_the_catalogue_s_is_refused(tmp_path, cache):
    rows = ROWS.assign(own=[0.5, 2.0, 2.0, 2.1])
    position = Position(ra="RA", dec="DEC", radius="own")
    with pytest.raises(CatalogueError, match=r"a radius above 2\.0"):
        ensure(declare(written(tmp_path, rows), position=position))


def test_counterparts_have_typed_values_and_nulls(tmp_path, cache):
    catalogue = declare(written(tmp_path))
    ensure(catalogue)
    index = pd.Index([7, 3, 5], name="alert")
    ra, dec = (pd.Series(v, index=index) for v in ([0.0, 10.0, 200.0], [0.0, 20.0, 0.0]))
    found = counterparts(catalogue, ra + 0.0002, dec)
    assert found.index.equals(index)
    assert found["mine_name"].tolist() == ["c", "a", None]
    assert found["mine_number"].tolist() == [3, 1, None]
    assert found["mine_redshift"].tolist()[:2] == [0.3, 0.1]
    assert found["mine_separation"].iloc[0] == pytest.approx(0.36)
    assert found["mine_separation"].isna().tolist() == [False, False, True]


def test_a_catalogue_that_is_not_there_is_said_to_be_missing(tmp_path, cache):
    with pytest.raises(FileNotFoundError, match="catalogue mine 1 is not there"):
        counterparts(declare(written(tmp_path)), pd.Series([1.0]), pd.Series([1.0]))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda catalogue: catalogue.name)
def test_a_catalogue_of_the_platform_says_what_it_is(catalogue):
    assert all((catalogue.doc, catalogue.reference, catalogue.licence, catalogue.version))
    assert all(column.doc.endswith(".") for column in catalogue.columns)
    assert len({c.name for c in CATALOGUES}) == len(CATALOGUES)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("ctao_blazars", 350),
        ("dwarf_agn", 16),
        ("gcvs", 59_099),
        ("magnetic_cv", 245),
        ("mangrove", 295_341),
        ("symbiotic", 2857),
        ("tde", 44),
        ("tns", 1),
        ("vsx", 1_933_544),
        ("x3hsp", 2013),
        ("x4lac", 3407 + 407),
    ],
)
def test_a_catalogue_of_the_platform_has_all_its_sources(catalogues, name, rows):
    (catalogue,) = [c for c in catalogues if c.name == name]
    table = opened(catalogue)
    assert table.num_rows == rows
    assert table.schema.metadata[b"rows_without_position"] == b"0"
    assert table.column_names == [c.name for c in catalogue.contract]
