"""Provisional designations of known minor planets: another one for each body of a sky.

How they are packed belongs to the packets. The schemes are the Minor Planet Center's
(minorplanetcenter.net/mpcops/documentation/provisional-designation-definition).
"""

HALF_MONTHS, ORDER = "ABCDEFGHJKLMNOPQRSTUVWXY", "ABCDEFGHJKLMNOPQRSTUVWXYZ"
"""Letters of the half months of a year, and of the order in one: I is left out."""
CYCLES = 620
"""So many are packed in the old form."""
SEQUENCE = CYCLES * len(ORDER) + 62**4
"""In a half month so many can be packed: those of these cycles, and four digits of base 62."""
FIELDS = 2048
"""There are fewer: 509 of ZTF, 1942 of LSST."""

_FIRST_YEAR, _YEARS = 2000, 26
_OF_A_BLOCK = 8  # half months
_OF_A_FIELD = SEQUENCE // FIELDS  # in a half month


def designation(field: int, block: int, index: int) -> str:
    """Designation of a body, such as 2013 LL24: year, half month, and order in it.

    No two are the same within 78 blocks, four years. The date is that of no discovery.

    Parameters
    ----------
    field
        Number of the field in which it is drawn.
    block
        Number of the days in which it begins to be there.
    index
        Number of it among those of field and block.

    Raises
    ------
    ValueError
        There are more fields, or bodies, than can be told apart.
    """
    if field >= FIELDS or index >= _OF_A_BLOCK * _OF_A_FIELD:
        raise ValueError("more asteroids than there are designations: ask for a lower density")
    which, row = divmod(index, _OF_A_FIELD)
    year, half = divmod((block * _OF_A_BLOCK + which) % (_YEARS * 24), 24)
    cycle, letter = divmod(row * FIELDS + field, len(ORDER))
    return f"{_FIRST_YEAR + year} {HALF_MONTHS[half]}{ORDER[letter]}{cycle or ''}"
