"""Stamps are read as astropy reads them, and whatever else is sent ends in a `StampError`."""

import contextlib
import gzip
import io
import zlib

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fink_assets.astro.stamps import LARGEST_BYTES, StampError, read_stamp


def written(pixels, **cards):
    """FITS file of an image, by astropy."""
    unit = fits.PrimaryHDU(pixels)
    for name, value in cards.items():
        unit.header[name] = value
    file = io.BytesIO()
    fits.HDUList([unit, fits.ImageHDU(np.zeros((3, 3)))]).writeto(file)
    return file.getvalue()


RAMP = np.arange(12, dtype=np.float32).reshape(3, 4)
FILE = written(RAMP)


@settings(max_examples=50, deadline=None)
@given(
    arrays.arrays(
        st.sampled_from([np.float32, np.float64, np.int16, np.int32, np.uint8]),
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
    ),
    st.booleans(),
)
def test_pixels_are_those_that_astropy_reads(pixels, compressed):
    file = written(pixels)
    found = read_stamp(gzip.compress(file) if compressed else file)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, pixels.astype(np.float64))


def test_scaled_numbers_are_in_their_physical_unit_and_blank_ones_are_missing():
    """Astropy writes unsigned numbers as signed ones with an offset."""
    pixels = np.array([[0, 1], [40000, 65535]], dtype=np.uint16)
    np.testing.assert_array_equal(read_stamp(written(pixels)), pixels)
    blank = written(np.array([[5, -7]], dtype=np.int16), BLANK=-7)
    np.testing.assert_array_equal(read_stamp(blank), [[5, np.nan]])


BOMB = gzip.compress(bytes(LARGEST_BYTES + 1))
HOSTILE = {
    "nothing": (None, "no stamp"),
    "not a number": (float("nan"), "no stamp"),
    "text": ("SIMPLE  =", "no stamp"),
    "no bytes": (b"", "not a FITS file"),
    "another format": (b"\x89PNG\r\n" + bytes(5000), "not a FITS file"),
    "truncated gzip": (gzip.compress(FILE)[:-40], "truncated gzip|damaged gzip"),
    "damaged gzip": (b"\x1f\x8b" + bytes(300), "damaged gzip"),
    "gzip without its check sum": (gzip.compress(FILE)[:-8] + bytes(8), "damaged gzip"),
    "a bomb": (BOMB, "larger than"),
    "a large file": (FILE + bytes(LARGEST_BYTES), "larger than"),
    "a header without an end": (FILE[:400], "does not end"),
    "a header of blanks only": (FILE[:80] + b" " * 200_000, "does not end"),
    "fewer pixels than the header says": (FILE[:2900], "3 x 4 pixels"),
    "an impossible size": (
        FILE.replace(b"NAXIS1  =                    4", b"NAXIS1  = -4".ljust(30)),
        "pixels",
    ),
    "a huge size": (
        FILE.replace(b"NAXIS1  =                    4", b"NAXIS1  = 99999999999999999999"),
        "pixels",
    ),
    "no image": (written(None), "two axes"),
    "a cube": (written(np.zeros((2, 3, 4))), "two axes"),
    "no number": (
        FILE.replace(b"NAXIS1  =                    4", b"NAXIS1  = 'wide'".ljust(30)),
        "NAXIS1",
    ),
    "an infinite scale": (
        written(RAMP.astype(np.int16), BSCALE=1.0).replace(
            b"BSCALE  =                  1.0", b"BSCALE  =                  inf"
        ),
        "BSCALE",
    ),
}


@pytest.mark.parametrize(("content", "told"), HOSTILE.values(), ids=list(HOSTILE))
def test_what_is_no_stamp_is_told_in_a_sentence(content, told):
    with pytest.raises(StampError, match=told):
        read_stamp(content)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_is_an_image_or_an_error_and_nothing_else(data):
    file = bytearray(data.draw(st.sampled_from([FILE, gzip.compress(FILE), zlib.compress(FILE)])))
    for _ in range(data.draw(st.integers(0, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(file[: data.draw(st.integers(0, len(file)))])
    with contextlib.suppress(StampError):
        assert read_stamp(content).ndim == 2
