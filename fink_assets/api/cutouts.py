"""Images of alerts: read from the packets in raw, given as PNG, FITS or numbers.

How a stamp is read belongs to `astro.stamps`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fink_assets.api import arguments, keys, sql
from fink_assets.api.arguments import Argument
from fink_assets.api.endpoints import Answer, Content, Values
from fink_assets.api.errors import RequestError
from fink_assets.surveys import SURVEYS

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive
    from fink_assets.astro.photometry import Numbers

KINDS = ("Science", "Template", "Difference")
STRETCHES = ("sigmoid", "linear", "sqrt", "power", "log")
PLACE = {"_night": "night", "_alert": "alert_id"}
"""Columns by which an alert's packet is found."""
MOST_WITH_IMAGES = 1000
"""Alerts of one answer with images: each has three of 30 to 60 kB as text."""


def named(survey: str, kind: str) -> str:
    """Name the column of an image, as the reference does."""
    return f"b:cutout{kind}_stampData" if survey == "ztf" else f"b:cutout{kind}"


def of_rows(values: Values) -> tuple[str, ...]:
    """Kinds of images that are asked for beside rows."""
    if not values.get("withcutouts"):
        return ()
    kind = values.get("cutout-kind", "All")
    return KINDS if kind == "All" else (kind,)


def added(archive: Archive, rows: pa.Table, kinds: Sequence[str]) -> pa.Table:
    """Add images to rows, as lists of lists of numbers, null where the packet has none.

    Rows have the columns of `PLACE`, null where there is no alert, and lose them.
    """
    named_ = [rows[name].to_pylist() for name in PLACE]
    places = list(zip(*named_, strict=True))
    if len(places) > MOST_WITH_IMAGES:
        told = f"More than {MOST_WITH_IMAGES} alerts with images: ask for fewer.\n"
        raise RequestError(told)
    files = stored(archive, [place for place in places if None not in place], kinds)
    rows = rows.drop_columns(list(PLACE))
    for kind in kinds:
        images = [_pixels(files.get(alert, {}).get(kind)) for _, alert in places]
        rows = rows.append_column(named(archive.tables.survey, kind), _column(images))
    return rows


def _column(images: Sequence[Numbers | None]) -> pa.Array:
    """Write images as lists of rows of pixels, as `pyarrow` would, a hundred times as fast."""
    import numpy as np
    import pyarrow as pa

    there = [image for image in images if image is not None]
    flat = np.concatenate([image.ravel() for image in there]) if there else np.zeros(0)
    values = pa.array(flat, pa.float64(), mask=~np.isfinite(flat))
    lines = [image.shape[1] for image in there for _ in image]
    inner = pa.ListArray.from_arrays(_offsets(lines), values)
    known = np.array([image is not None for image in images], bool)
    starts = _offsets([0 if image is None else len(image) for image in images])
    return pa.ListArray.from_arrays(starts, inner, mask=pa.array(~known))


def _offsets(lengths: Sequence[int]) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    return pa.array(np.concatenate([[0], np.cumsum(lengths, dtype="i4")]), pa.int32())


def stored(
    archive: Archive, places: Sequence[tuple[str, int]], kinds: Sequence[str]
) -> dict[int, dict[str, bytes]]:
    """Files of the images of alerts, by alert and kind.

    Parameters
    ----------
    archive : Archive
        Where.
    places : sequence of (str, int)
        Night and identity of each alert.
    kinds : sequence of str
        Which images.
    """
    paths = SURVEYS[archive.tables.survey].cutouts
    fields = archive.fields("raw")
    columns = {k: sql.field(paths[k.lower()]) for k in kinds if paths[k.lower()] in fields}
    read = {"alert_id": "alert_id", **columns}
    rows = archive.rows("raw", read, any_of=keys.of_nights(places))
    return {
        row["alert_id"]: {kind: row[kind] for kind in columns if row[kind]}
        for row in rows.to_pylist()
    }


def _pixels(file: bytes | None) -> Numbers | None:
    """Image of a file; None where there is none that can be read."""
    from fink_assets.astro.stamps import StampError, read_stamp

    try:
        return read_stamp(file) if file else None
    except StampError:
        return None


def cutouts(archive: Archive, values: Values) -> Answer:
    """Answer `/cutouts`: an image of one alert, or several as numbers.

    An image that is not there is an error, in every form: no image is empty. Of several, it is
    null, unless none is there.
    """
    kind, form = values["kind"], values["output-format"]
    kinds = KINDS if kind == "All" else (kind,)
    if kind == "All" and form != "array":
        raise RequestError("`kind=All` has the `output-format` array only.\n")
    if values["pmin"] >= values["pmax"]:
        raise RequestError("`pmin` must be less than `pmax`.\n")
    place = _place(archive, values)
    if place is None:
        raise RequestError("There is no such image: the alert is not in the archive.\n")
    found = stored(archive, [place], kinds).get(place[1], {})
    images = {k: pixels for k in kinds if (pixels := _pixels(found.get(k))) is not None}
    if not images:
        told = "cannot be read" if found else "is not in its packet"
        raise RequestError(f"There is no such image: that of the alert {told}.\n")
    if form == "array":
        listed = _column([images.get(k) for k in kinds]).to_pylist()
        return {named(archive.tables.survey, k): i for k, i in zip(kinds, listed, strict=True)}
    if form == "FITS":
        return Content(body=_plain(found[kind]), media="application/fits")
    return Content(body=_png(images[kind], values), media="image/png")


def _place(archive: Archive, values: Values) -> tuple[str, int] | None:
    """Night and identity of the alert that is asked for: the one named, or an object's latest."""
    alert = values.get("candid", values.get("diaSourceId"))
    where = [] if alert is None else [sql.numbered("alert_id", [alert])]
    noun = "science"  # identities grow with time, so that its files are skipped by them
    if "objectId" in values:
        noun = "alerts"
        where.append(f"object_id = {sql.text(values['objectId'])}")
    rows = archive.rows(noun, PLACE, where=where, order=("time desc",), limit=1).to_pylist()
    return tuple(rows[0].values()) if rows else None  # type: ignore[return-value]


def _plain(file: bytes) -> bytes:
    """Unpack a file that can be read and may be compressed, as it is inside."""
    import zlib

    from fink_assets.astro.stamps import LARGEST_BYTES

    if not file.startswith(b"\x1f\x8b"):
        return file
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(file, LARGEST_BYTES)


def _png(pixels: Numbers, values: Values) -> bytes:
    from matplotlib.image import imsave

    out = io.BytesIO()
    shown = stretched(_smoothed(pixels, values["convolution_kernel"]), values)
    imsave(out, shown, cmap=values["colormap"], vmin=0, vmax=1, format="png", origin="lower")
    return out.getvalue()


def _smoothed(pixels: Numbers, kernel: str | None) -> Numbers:
    import numpy as np
    from scipy import ndimage

    whole = np.where(np.isfinite(pixels), pixels, np.nanmedian(pixels))
    if kernel == "gauss":
        return np.asarray(ndimage.gaussian_filter(whole, sigma=1))
    return np.asarray(ndimage.uniform_filter(whole, size=5)) if kernel == "box" else whole


def stretched(pixels: Numbers, values: Values) -> Numbers:
    """Map pixels to brightness from 0 to 1.

    The sigmoid is centred on the median, in units of the 68 % width; the others cut at the
    percentiles `pmin` and `pmax` first.
    """
    import numpy as np

    if not np.isfinite(pixels).any():
        return np.zeros_like(pixels)
    if values["stretch"] == "sigmoid":
        low, middle, high = np.percentile(pixels, [16, 50, 84])
        return np.asarray(1 / (1 + np.exp(-(pixels - middle) / max((high - low) / 2, 1e-12) / 3)))
    low, high = np.percentile(pixels, [values["pmin"], values["pmax"]])
    cut = np.clip((pixels - low) / max(high - low, 1e-12), 0, 1)
    if values["stretch"] == "sqrt":
        return np.asarray(np.sqrt(cut))
    if values["stretch"] == "power":
        return np.asarray(np.square(cut))
    return np.asarray(np.log1p(1000 * cut) / np.log(1001)) if values["stretch"] == "log" else cut


def colormap(value: object) -> str:
    """Read the name of a colour map of matplotlib."""
    import matplotlib

    name = arguments.text(value)
    if name not in matplotlib.colormaps:
        raise ValueError(f"{name} is no colour map of matplotlib")
    return name


def percentile(value: object) -> float:
    """Read a percentile."""
    number = arguments.finite(value)
    if not 0 <= number <= 100:
        raise ValueError("must be from 0 to 100")
    return number


DRAWN = (
    Argument(name="kind", read=arguments.one_of(*KINDS, "All"), required=True, doc="Which image"),
    Argument(
        name="output-format",
        read=arguments.one_of("PNG", "FITS", "array"),
        default="PNG",
        doc="PNG, FITS, array (JSON)",
    ),
    Argument(
        name="stretch", read=arguments.one_of(*STRETCHES), default="sigmoid", doc="Of brightness"
    ),
    Argument(name="colormap", read=colormap, default="gray", doc="A colour map of matplotlib"),
    Argument(name="pmin", read=percentile, default=0.5, type="number", doc="Black, percentile"),
    Argument(name="pmax", read=percentile, default=99.5, type="number", doc="White, percentile"),
    Argument(
        name="convolution_kernel", read=arguments.one_of("gauss", "box"), doc="Smooths the image"
    ),
)
