"""What is read of a catalogue's file, whatever its format."""

import numpy as np
import pandas as pd
import pytest
from unit.catalogues.own import ROWS, declare, written

from fink_assets.catalogues.catalogue import CatalogueColumn, Position
from fink_assets.catalogues.read import CatalogueError, rows


def read(tmp_path, frame, *columns, **changes):
    """Read rows that are written as CSV with the columns declared."""
    file = written(tmp_path, frame)
    changes |= {"columns": columns} if columns else {}
    return rows(declare(file, **changes), [file])


def column(type="string", source="Name", **more):
    return CatalogueColumn(name="value", type=type, source=source, doc="A value.", **more)


def sky(**columns):
    return pd.DataFrame([{"RA": 1.0, "DEC": 2.0} | columns])


@pytest.mark.parametrize("kind", ["csv", "parquet", "vot", "fits"])
def test_a_file_of_any_format_has_the_same_rows(tmp_path, kind):
    file = written(tmp_path, kind=kind)
    found = rows(declare(file), [file])
    assert found["name"].tolist() == ["a", "b", "c", "d"]
    assert found["number"].tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(found["redshift"], [0.1, np.nan, 0.3, 0.4])
    np.testing.assert_array_equal(found["ra"], ROWS["RA"])
    np.testing.assert_array_equal(found["dec"], ROWS["DEC"])


def test_files_follow_one_another(tmp_path):
    file = written(tmp_path)
    assert rows(declare(file), [file, file])["name"].tolist() == [*"abcd", *"abcd"]


@pytest.mark.parametrize(
    ("ra", "dec", "expected"),
    [
        ("00 01 16.37", "+29 35 34.0", (0.318208333, 29.592777778)),
        ("20 40 09.16", "-00 52 15.1", (310.038166667, -0.870861111)),
        ("07:10:05.", "+02 56", (107.520833333, 2.933333333)),
    ],
)
def test_sexagesimal_hours_and_degrees_are_degrees(tmp_path, ra, dec, expected):
    position = Position(ra="RA", dec="DEC", ra_unit="hour")
    found = read(tmp_path, sky(RA=ra, DEC=dec, Name="x"), column(), position=position)
    assert found[["ra", "dec"]].iloc[0].tolist() == pytest.approx(expected, abs=1e-9)


def test_text_is_without_the_blanks_and_quotes_about_it(tmp_path):
    (tmp_path / "mine.csv").write_text('RA , DEC , Name \n1 , 2 , "3HSP, J0 " \n3 , 4 , "" \n')
    file = tmp_path / "mine.csv"
    found = rows(declare(file, columns=(column(),)), [file])
    assert found["value"].tolist() == ["3HSP, J0", None]
    assert found["ra"].tolist() == [1, 3]


def test_words_for_not_known_are_null(tmp_path):
    frame = pd.DataFrame({"RA": [1.0, 2], "DEC": [2.0, 3], "Name": ["None", "b"]})
    assert read(tmp_path, frame, column(unknown=("None",)))["value"].tolist() == [None, "b"]


def test_words_that_nobody_declared_unknown_are_names(tmp_path):
    frame = pd.DataFrame({"RA": [1.0, 2], "DEC": [2.0, 3], "Name": ["NA", "null"]})
    assert read(tmp_path, frame, column())["value"].tolist() == ["NA", "null"]


def test_infinities_are_not_known(tmp_path):
    found = read(tmp_path, sky(z=-np.inf), column("double", "z"))
    assert found["value"].isna().all()


def test_several_columns_are_one_name(tmp_path):
    found = read(tmp_path, sky(prefix="SN", Name="2018lzf"), column(source=("prefix", "Name")))
    assert found["value"].tolist() == ["SN 2018lzf"]


def test_right_ascensions_are_from_0_to_360(tmp_path):
    frame = pd.DataFrame({"RA": [-0.5, 360.0], "DEC": [0, 0], "Name": ["a", "b"]})
    assert read(tmp_path, frame, column())["ra"].tolist() == [359.5, 0]


@pytest.mark.parametrize(("ra", "dec"), [(400, 0), (-200, 0), (0, 90.1), (0, -91)])
def test_positions_that_are_not_on_the_sky_are_refused(tmp_path, ra, dec):
    with pytest.raises(CatalogueError, match="not on the sky"):
        read(tmp_path, sky(RA=ra, DEC=dec, Name="a"), column())


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(CatalogueError, match=r"no column Title: it has \['RA', 'DEC', 'Name'"):
        read(tmp_path, ROWS, column(source="Title"))


@pytest.mark.parametrize(("type", "value"), [("double", "17.5v"), ("bigint", 1.5)])
def test_a_value_of_another_type_is_refused_and_not_lost(tmp_path, type, value):
    with pytest.raises(CatalogueError, match=r"17\.5v|not all are whole"):
        read(tmp_path, sky(n=value), column(type, "n"))


def test_a_file_of_an_unknown_format_is_refused(tmp_path):
    file = written(tmp_path).rename(tmp_path / "mine.xlsx")
    with pytest.raises(CatalogueError, match="ends in none of csv"):
        rows(declare(file), [file])
