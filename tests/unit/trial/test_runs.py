"""What a trial says of streaming runs that Dagster has seen fail."""

import dagster as dg
import pytest

from fink_assets.surveys import LSST, ZTF
from fink_assets.trial.ground import TrialError
from fink_assets.trial.runs import active, require_success
from sensors.stream import STREAM_TAG


@pytest.fixture
def instance():
    """Dagster's memory of a streaming run of ZTF whose batch was not plausible."""

    @dg.op
    def drain():
        raise ValueError("batch 0 is not plausible and is held back in raw")

    @dg.job(name="ztf_stream", tags={STREAM_TAG: "ztf"})
    def stream():
        drain()

    with dg.DagsterInstance.ephemeral() as instance:
        stream.execute_in_process(instance=instance, raise_on_error=False)
        yield instance


def test_a_failed_run_ends_the_trial_with_its_reason_and_where_to_look(instance, tmp_path):
    with pytest.raises(TrialError) as raised:
        require_success(instance, ZTF, tmp_path)
    assert "of ztf_stream failed" in str(raised.value)
    assert "batch 0 is not plausible and is held back in raw" in str(raised.value)
    assert str(tmp_path / "logs") in raised.value.remedy


def test_a_failed_run_of_another_survey_does_not(instance, tmp_path):
    require_success(instance, LSST, tmp_path)


def test_a_run_that_has_ended_is_not_active(instance):
    assert not active(instance, ZTF)
