"""Maps of the sky as gravitational waves have them, in the forms that they were ever sent in."""

import base64
import gzip
import io
import json

import numpy as np
from astropy.io import fits
from astropy_healpix import healpix_to_lonlat
from astropy_healpix.core import nested_to_ring

from fink_assets.simulator.notices import lvk
from fink_assets.simulator.notices.model import Event

PLACE = (150.0, 20.0)
EVENT = "2020-02-19T09:44:15.195000"


def flat(probability, *, order="NESTED", kind="D", per_row=1, name="PROB", zipped=False, **cards):
    """A map in cells of one size as BAYESTAR writes them, with a distance beside each cell."""
    nside = int(np.sqrt(len(probability) / 12))
    values = probability
    if order == "RING":
        values = np.empty_like(probability)
        values[nested_to_ring(np.arange(len(probability)), nside)] = probability
    rows = values.reshape(-1, per_row) if per_row > 1 else values
    repeat = str(per_row) if per_row > 1 else ""
    columns = [
        fits.Column("DISTMU", f"{repeat}E", array=np.ones_like(rows)),
        fits.Column(name, f"{repeat}{kind}", array=rows),
    ]
    table = fits.BinTableHDU.from_columns(columns)
    known = {"PIXTYPE": "HEALPIX", "ORDERING": order, "NSIDE": nside, "COORDSYS": "C"}
    table.header.update({**known, "DATE-OBS": EVENT, **cards})
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(out)
    return gzip.compress(out.getvalue()) if zipped else out.getvalue()


def bump(nside=32, width_deg=6.0, place=PLACE):
    """A probability that falls with the distance from a place."""
    lon, lat = healpix_to_lonlat(np.arange(12 * nside**2), nside, order="nested")
    ra, dec = np.radians(place)
    close = np.sin(lat.value) * np.sin(dec)
    close += np.cos(lat.value) * np.cos(dec) * np.cos(lon.value - ra)
    fall = np.exp(-0.5 * (np.degrees(np.arccos(close.clip(-1, 1))) / width_deg) ** 2)
    return fall / fall.sum()


def merger():
    event = Event(ra=150.0, dec=20.0, mjd=61053.1, object_id="x", kind="kilonova", distance=90.0)
    told = json.loads(lvk.notice(np.random.default_rng(1), event).message)
    return base64.b64decode(told["event"]["skymap"])
