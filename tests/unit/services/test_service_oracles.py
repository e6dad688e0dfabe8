"""Stored answers of production, given again by a server as CDS is one, reach the same alerts.

Files of enriched alerts keep what SIMBAD, Gaia and SPICY answered for each; its position is not
kept, so that each alert has its source at its own place.
"""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from unit.services.served import serving, x_match

from fink_assets.services import GAIA_CLASS, GAIA_DR3, SIMBAD, SPICY
from fink_assets.services.answers import Answers
from fink_assets.services.client import Client
from fink_assets.services.look_up import look_up
from fink_assets.settings import PROJECT

ORACLES = PROJECT.parent / "shared/data/science_oracles"
FILES = sorted(ORACLES.glob("**/*.parquet")) if ORACLES.exists() else []
NOW = datetime(2026, 3, 1, tzinfo=UTC)
NONE = {"Unknown", "Fail", "nan", "None", "", "-1", "-1.0"}
STORED = {
    SIMBAD: {"main_type": "cdsxmatch"},
    GAIA_DR3: {"DR3Name": "DR3Name", "Plx": "Plx", "e_Plx": "e_Plx"},
    GAIA_CLASS: {"Class": "gaiaClass"},
    SPICY: {"SPICY": "spicy_id", "class": "spicy_class"},
}
CASES = [
    pytest.param(service, file, id=f"{service.name}-{file.stem[:14]}")
    for service, columns in STORED.items()
    for file in FILES
    if set(columns.values()) <= set(pq.read_schema(file).names)
]


def alerts_of(file, columns):
    stored = pd.read_parquet(file, columns=["candidate", *columns.values()])
    candidates = stored.pop("candidate")
    at = {name: [c[name] for c in candidates] for name in ("ra", "dec")}
    stored = stored.rename(columns={v: k for k, v in columns.items()})
    whole = pd.DataFrame(at).join(stored)
    first = next(iter(columns))
    odd = whole.groupby(["ra", "dec"])[first].transform("nunique") > 1
    return whole[~odd & (whole[first] != "Fail")].reset_index(drop=True)


def as_cds(service, alerts, columns):
    """The alerts' sources, with the columns of the table, as text."""
    first = next(iter(columns))
    there = alerts[~alerts[first].astype(str).isin(NONE)].drop_duplicates(["ra", "dec"])
    own = {c.sources[0]: None for c in service.columns} | {c: there[c] for c in columns}
    at = {service.position.ra: there["ra"], service.position.dec: there["dec"]}
    return pd.DataFrame(at | own, index=there.index)


@pytest.mark.skipif(not CASES, reason="shared/data has no enriched alerts")
@pytest.mark.parametrize(("service", "file"), CASES or [(None, None)])
def test_each_alert_has_the_stored_answer_again(service, file, tmp_path):
    columns = STORED[service]
    alerts = alerts_of(file, columns)
    sources = as_cds(service, alerts, columns)
    with serving(x_match(sources)) as server:
        result = look_up(
            service,
            alerts[["ra", "dec"]],
            answers=Answers(str(tmp_path)),
            client=Client(address=server.address),
            seconds=120.0,
            now=NOW,
        )
    assert set(result["state"]) == {"answered"}
    first = next(iter(columns))
    matched = ~alerts[first].astype(str).isin(NONE)
    alone = _alone(alerts, sources, service)
    assert (result["separation"][matched] < 1e-3).all()
    assert result[first][~matched & alone].isna().all()
    for name in columns:
        expected, got = alerts[name][matched], result[name][matched]
        if pd.api.types.is_float_dtype(expected) and name != "SPICY":
            np.testing.assert_allclose(got.astype(float), expected.astype(float), rtol=1e-6)
        else:
            assert [str(v) for v in got] == [str(v).removesuffix(".0") for v in expected]


def _alone(alerts, sources, service):
    """Alerts beside no source of another alert."""
    from fink_assets.astro.angles import separation

    at = (sources[name].to_numpy(float) for name in (service.position.ra, service.position.dec))
    ra, dec = alerts["ra"].to_numpy()[:, None], alerts["dec"].to_numpy()[:, None]
    apart = 3600 * separation(ra, dec, *at)
    return ~(apart <= service.radius_arcsec).any(axis=1)


@pytest.mark.skipif(not CASES, reason="shared/data has no enriched alerts")
def test_the_stored_answers_are_of_hundreds_of_alerts():
    """Else the test above could pass on nothing."""
    counts = dict.fromkeys((service.name for service in STORED), 0)
    for service, file in (case.values for case in CASES):
        first = next(iter(STORED[service]))
        counts[service.name] += int(
            (~alerts_of(file, STORED[service])[first].astype(str).isin(NONE)).sum()
        )
    assert counts["simbad"] > 600
    assert counts["gaia_dr3"] > 150
    assert counts["gaia_class"] > 10
    assert counts["spicy"] > 20
