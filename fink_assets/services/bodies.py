"""Names of bodies of the Solar System as packets write them, and as ephemerides know them.

Pure functions. The packed forms are the Minor Planet Center's
(minorplanetcenter.net/iau/info/PackedDes.html).
"""

from __future__ import annotations

import re

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CENTURIES = {"I": 18, "J": 19, "K": 20}
ORDER = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
NUMBERED, EXTENDED = 620_000, 620 * len(ORDER)
"""What the last forms of packed numbers, and of orders in a half month, begin with."""
COMET = re.compile(r"(\d{1,4}[PDI]|[CPDXAI]/.+)")
PROVISIONAL = re.compile(r"([CPDXAI]/)?(\d{4})([A-Z]{1,2}\d*)")
SURVEY = re.compile(r"(\d{4})(P-L|T-[123])")
PACKED = re.compile(r"([CPDXAI]?)([IJK])(\d\d)([A-HJ-Y])([0-9A-Za-z])(\d)([A-HJ-Z0a-z])")
LATE = re.compile(r"_([0-9A-Za-z])([A-HJ-Y])([0-9A-Za-z]{4})")
"""Since 2023: ``_QC0aEM``; year since 2000, half month, order above 620 cycles."""
DESIGNATION = re.compile(r"(1[89]|20)(\d\d) ([A-HJ-Y])([A-HJ-Z])(\d{0,6})")
"""Provisional one of a minor planet, as people write it."""


def target(name: str) -> str:
    """Name of a body as Miriade is asked for it, with its kind: ``a:2010 JO69``, ``c:10P``."""
    spaced = with_blanks(name.strip())
    return f"{'c' if COMET.fullmatch(spaced) else 'a'}:{spaced}"


def with_blanks(name: str) -> str:
    """Write a designation with the blanks that ZTF's packets leave out."""
    if found := SURVEY.fullmatch(name):
        return f"{found[1]} {found[2]}"
    if found := PROVISIONAL.fullmatch(name):
        return f"{found[1] or ''}{found[2]} {found[3]}"
    return name


def in_packets_of_lsst(name: str) -> str:
    """Write a provisional designation as LSST's packets do; what is none stays as it is."""
    try:
        return packed(with_blanks(name))
    except ValueError:
        return name


def packed(designation: str) -> str:
    """Packed provisional designation of a minor planet, of seven characters.

    From cycle 620 on it is that of 2023, with an underscore, as the Minor Planet Center says in
    docs.minorplanetcenter.net/mpc-ops-docs/designations/packed-designations.

    Raises
    ------
    ValueError
        Not a provisional designation of a minor planet since 1800 that can be packed.

    Examples
    --------
    >>> packed("2013 LL24"), packed("2026 CZ6190")
    ('K13L24L', '_QC0aEM')
    """
    parts = DESIGNATION.fullmatch(designation)
    if not parts:
        raise ValueError(f"{designation!r} is no provisional designation")
    century, year, half, letter, count = parts.groups()
    cycle = int(count or 0)
    place = cycle * len(ORDER) + ORDER.index(letter) - EXTENDED
    if place < 0:
        first = next(key for key, number in CENTURIES.items() if number == int(century))
        return f"{first}{year}{half}{DIGITS[cycle // 10]}{cycle % 10}{letter}"
    if place >= len(DIGITS) ** 4 or century != "20" or int(year) >= len(DIGITS):
        raise ValueError(f"{designation!r} cannot be packed")
    order = "".join(DIGITS[place // len(DIGITS) ** k % len(DIGITS)] for k in (3, 2, 1, 0))
    return f"_{DIGITS[int(year)]}{half}{order}"


def unpacked(name: str) -> str:
    """Write a packed number or designation as people do; what is none stays as it is."""
    if name.isdecimal() and name.isascii():
        return str(int(name))
    if re.fullmatch(r"[A-Za-z]\d{4}", name):
        return str(10_000 * DIGITS.index(name[0]) + int(name[1:]))
    if re.fullmatch(r"~[0-9A-Za-z]{4}", name):
        return str(NUMBERED + _base_62(name[1:]))
    if re.fullmatch(r"\d{4}[PDI]", name):
        return f"{int(name[:4])}{name[4]}"
    if found := re.fullmatch(r"(PL|T[123])S(\d{4})", name):
        return f"{found[2]} {found[1][0]}-{found[1][1]}"
    if found := LATE.fullmatch(name):
        return _late(*found.groups())
    if found := PACKED.fullmatch(name):
        return _provisional(*found.groups())
    return name


def _provisional(
    kind: str, century: str, year: str, half: str, tens: str, ones: str, last: str
) -> str:
    cycle = 10 * DIGITS.index(tens) + int(ones)
    number = str(cycle or "")
    start = f"{kind}/" if kind else ""
    middle = f"{CENTURIES[century]}{year} {half}"
    if kind and last in "0abcdefghijklmnopqrstuvwxyz":  # order of a comet, then a fragment
        return f"{start}{middle}{number}" + ("" if last == "0" else f"-{last.upper()}")
    return f"{start}{middle}{last}{number}"


def _late(year: str, half: str, order: str) -> str:
    cycle, letter = divmod(EXTENDED + _base_62(order), len(ORDER))
    return f"{2000 + DIGITS.index(year)} {half}{ORDER[letter]}{cycle}"


def _base_62(written: str) -> int:
    number = 0
    for digit in written:
        number = 62 * number + DIGITS.index(digit)
    return number
