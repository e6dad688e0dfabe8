"""Ephemerides beside the alerts of known bodies, and what a phase curve leaves of each.

Where bodies were is told by `services.ephemerides`; fits belong to `astro.phase_curve`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fink_assets.api import sql, told
from fink_assets.api.errors import RequestError
from fink_assets.api.limits import BusyError
from fink_assets.api.remote import Remote
from fink_assets.api.votable import Meaning
from fink_assets.astro.time import SECONDS_PER_DAY
from fink_assets.clock import utc_now
from fink_assets.services import bodies
from fink_assets.services.breaker import Breaker
from fink_assets.services.declared.miriade import QUANTITIES
from fink_assets.services.ephemerides import Ephemerides, ephemerides
from fink_assets.services.look_up import NO_CLIENT

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from fink_assets.astro.phase_fits import Observations

MOST_ALERTS = 5000
"""Alerts of one request that may have ephemerides."""
AB_NANOJANSKY = 31.4
"""Magnitude of 1 nJy."""
RESIDUALS = "residuals_shg1g2"


@dataclass(frozen=True, kw_only=True)
class Site:
    """How a survey's alerts become epochs and magnitudes.

    Parameters
    ----------
    observer : str
        Code of the observatory with the IAU.
    lead_seconds : float
        From the time of an alert to the middle of its exposure: ZTF's packets have its begin.
    reduced : str
        Name of the column of reduced magnitudes.
    light, error, band : str
        Where a measurement is.
    is_flux : bool
        Whether it is a flux in nJy.
    """

    observer: str
    lead_seconds: float
    reduced: str
    light: str
    error: str
    band: str
    is_flux: bool


SITES = {
    "ztf": Site(
        observer="I41",
        lead_seconds=15.0,
        reduced="i:magpsf_red",
        light="candidate.magpsf",
        error="candidate.sigmapsf",
        band="candidate.fid",
        is_flux=False,
    ),
    "lsst": Site(
        observer="X05",
        lead_seconds=0.0,
        reduced="v:magpsf_red",
        light="diaSource.psfFlux",
        error="diaSource.psfFluxErr",
        band="diaSource.band",
        is_flux=True,
    ),
}
INGREDIENTS = ("_name", "_time", "_ra", "_dec", "_light", "_error", "_band")


def ingredients(survey: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Columns that `added` needs of rows, and takes from them."""
    site = SITES[survey]
    paths = ("name", "time", "ra", "dec", site.light, site.error, site.band)
    return {
        alias: sql.field(path) if path in fields else "null"
        for alias, path in zip(INGREDIENTS, paths, strict=True)
    }


def added(
    rows: pa.Table, *, survey: str, root: str, remote: Remote, residuals: bool
) -> tuple[pa.Table, dict[str, str]]:
    """Add ephemerides to rows that have the ingredients, and maybe residuals; give headers, too.

    Raises
    ------
    RequestError
        There are too many rows, or the service has none of these bodies.
    BusyError
        Something is not known, and the service does not answer, or may not be asked.
    """
    if rows.num_rows > MOST_ALERTS:
        raise RequestError(
            f"Ephemerides are given for at most {MOST_ALERTS} alerts; these are {rows.num_rows}: "
            "ask for fewer bodies.\n"
        )
    plain = rows.drop_columns(list(INGREDIENTS))
    if not rows.num_rows:
        return plain, {}
    site, keys = SITES[survey], _keys(rows, survey)
    wanted = {str(body): _sorted(times) for body, times in keys.groupby("body")["time"]}
    found = ephemerides(
        wanted,
        observer=site.observer,
        root=root,
        client=remote.clients.get("miriade"),
        seconds=remote.seconds,
        now=utc_now(),
    )
    _require(found, wanted)
    frame = keys.merge(found.rows, on=["body", "time"], how="left")  # in the order of the rows
    observed = _observed(rows, frame, site)
    columns = _columns(frame, observed, site)
    headers = _headers(found)
    if residuals:
        columns[RESIDUALS], fitted = _residuals(observed)
        headers |= fitted
    for name, values in columns.items():
        plain = plain.append_column(name, _numbers(values))
    return plain, headers


def _keys(rows: pa.Table, survey: str) -> pd.DataFrame:
    """Body and time (microseconds UTC since 1970, middle of the exposure) of each row."""
    import pandas as pd
    import pyarrow as pa

    names = rows["_name"].to_pylist()
    names = [bodies.unpacked(n) for n in names] if survey == "lsst" else names
    times = rows["_time"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    lead = round(1e6 * SITES[survey].lead_seconds)
    return pd.DataFrame({"body": [bodies.target(n) for n in names], "time": times + lead})


def _sorted(times: Any) -> np.ndarray:
    import numpy as np

    return np.unique(times.to_numpy("int64"))


def _require(found: Ephemerides, wanted: Mapping[str, Any]) -> None:
    if len(found.unknown) == len(wanted):
        raise RequestError(f"Miriade has no ephemerides of {_listed(found.unknown)}.\n")
    if found.missing:
        body, reason = next(iter(found.reasons.items()))
        raise BusyError(
            f"Ephemerides of {body[2:]} are not to be had from Miriade: {reason}."
            f"{'' if reason == NO_CLIENT else ' What it answered is kept: ask again later.'}\n",
            503,
            after=SECONDS_PER_DAY if reason == NO_CLIENT else Breaker.pause_seconds,
        )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(body[2:] for body in names)


def _headers(found: Ephemerides) -> dict[str, str]:
    oldest = found.rows["answered"].min()
    reasons = [f"no ephemerides of {_listed(found.unknown)}"] if found.unknown else []
    reasons += list(dict.fromkeys(found.reasons.values()))[:1]
    status = "old" if found.reasons else "answered"
    return told.of_source(status, oldest.to_pydatetime(), "; ".join(reasons))


def _observed(rows: pa.Table, frame: pd.DataFrame, site: Site) -> Observations:
    from fink_assets.astro.phase_fits import Observations
    from fink_assets.astro.photometry import labels, magnitude_and_error, measurements

    light, error = (measurements(rows[name].to_pylist()) for name in ("_light", "_error"))
    if site.is_flux:
        light, error = magnitude_and_error(light, error, AB_NANOJANSKY)
    bands = [None if band is None else str(band) for band in rows["_band"].to_pylist()]
    return Observations(
        magnitude=light,
        error=error,
        band=labels(bands, len(bands)),
        phase_deg=frame["phase"].to_numpy(float),
        range_au=frame["range"].to_numpy(float),
        helio_au=frame["helio"].to_numpy(float),
        ra_deg=measurements(rows["_ra"].to_pylist()),
        dec_deg=measurements(rows["_dec"].to_pylist()),
    )


def _columns(frame: pd.DataFrame, observed: Observations, site: Site) -> dict[str, Any]:
    """Values by name; of what no body has, as the colours of comets, there is no column."""
    from fink_assets.astro.phase_functions import reduced_magnitude

    found = {
        q.name: frame[q.column].to_numpy(float)
        for q in QUANTITIES
        if q.always or frame[q.column].notna().any()
    }
    found[site.reduced] = reduced_magnitude(
        observed.magnitude, range_au=observed.range_au, helio_au=observed.helio_au
    )
    return found


def _residuals(observed: Observations) -> tuple[Any, dict[str, str]]:
    """Measured minus modelled, by a fit of these very alerts; and what became of the fit."""
    from fink_assets.astro.phase_curve import fit
    from fink_assets.astro.phase_residuals import residuals

    found = fit(observed, "SHG1G2")
    return residuals(observed, found), told.of_fit(found.status, found.reason)


def _numbers(values: Any) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, pa.float64(), from_pandas=True)


MEANINGS = {
    **{q.name: Meaning(unit=q.unit, ucd=q.ucd, doc=q.doc) for q in QUANTITIES},
    **{
        site.reduced: Meaning(
            unit="mag", ucd="phot.mag", doc="Magnitude at 1 au from the Sun and the observer"
        )
        for site in SITES.values()
    },
    RESIDUALS: Meaning(
        unit="mag", ucd="stat.fit.residual", doc="Reduced magnitude minus that of a fit of SHG1G2"
    ),
}


def of_survey(survey: str) -> dict[str, Meaning]:
    """What the columns that `added` gives for a survey mean."""
    others = {site.reduced for name, site in SITES.items() if name != survey}
    return {name: meaning for name, meaning in MEANINGS.items() if name not in others}
