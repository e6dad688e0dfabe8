"""`fink simulate` into a folder: nights, their truth, and the same again."""

import pytest
from typer.testing import CliRunner

from fink_assets.cli import app
from fink_assets.simulator import archive
from fink_assets.simulator.surveys import PACKETS


@pytest.fixture
def simulate(settings, tmp_path):
    """Simulates two small nights; gives the archive and the truth."""

    def run(name, *words):
        folder, truth = tmp_path / name, tmp_path / f"{name}_truth"
        given = ["--alerts", "25", "--night", "2026-01-10", "--nights", "2"]
        where = ["--density", "0.05", "--to", folder, "--truth", truth]
        answer = CliRunner().invoke(app, ["simulate", *given, *map(str, where), *words])
        assert answer.exit_code == 0, answer.output
        return folder, truth

    return run


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_the_truth_holds_every_object_that_was_sent_once(simulate, survey):
    from deltalake import DeltaTable

    folder, truth = simulate("one", "--survey", survey)
    assert archive.nights(folder) == {"2026-01-10": 25, "2026-01-11": 25}
    looked = [PACKETS[survey].look(alert.message) for alert in archive.read(folder)]
    told = DeltaTable(truth).to_pyarrow_table()["object_id"].to_pylist()
    assert len(told) == len(set(told)) == len({name for _, name in looked})
    times = [time for time, _ in looked]
    assert times == sorted(times)


def test_a_seed_gives_the_same_archive_and_another_one_another(simulate):
    one, other, third = (
        list(archive.read(simulate(name, "--seed", seed)[0]))
        for name, seed in (("one", "5"), ("other", "5"), ("third", "6"))
    )
    assert one == other != third


def test_notices_are_sent_among_the_alerts_and_have_a_truth(simulate):
    from deltalake import DeltaTable

    folder, truth = simulate("one", "--notice", "lvk=without", "--notice", "fermi=without")
    first, second, *alerts = archive.read(folder)
    assert {first.topic, second.topic} == {
        *("igwn.gwalert", "gcn.classic.voevent.FERMI_GBM_FIN_POS")
    }
    assert {alert.topic for alert in alerts} == {None}
    notices = DeltaTable(truth.with_name(f"{truth.name}_notices")).to_pyarrow_table()
    assert notices["counterpart"].to_pylist() == [None, None]


def test_a_sky_without_a_counterpart_is_an_error_that_says_what_to_do(settings, tmp_path):
    few = ["simulate", "--alerts", "3", "--density", "0.001", "--notice", "lvk"]
    answer = CliRunner().invoke(app, [*few, "--night", "2026-01-10", "--to", str(tmp_path / "no")])
    assert answer.exit_code == 1
    assert "kilonova" in answer.output
    assert "--density" in answer.output
