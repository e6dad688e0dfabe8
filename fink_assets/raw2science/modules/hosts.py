"""Say whether what SIMBAD has at a position may host a transient outside the Galaxy.

The words are SIMBAD's long ones (`main_type`), as its own lists wrote them over the years; the
short codes of `otype` are others and never compared with these.
"""

EXTRAGALACTIC = (
    *("BClG", "BlueCompG", "Candidate_SN*", "ClG", "Compact_Gr_G", "EmG", "Galaxy", "galaxy"),
    *("GinCl", "GinGroup", "GinPair", "GravLens_Candidate", "GroupG", "HII_G", "High_z_G", "IG"),
    *("LINER", "LSB_G", "PairG", "PartofG", "Possible_ClG", "Possible_SClG", "SN"),
    *("SN*_Candidate", "Seyfert", "Seyfert_1", "Seyfert_2", "StarburstG", "SuperClG"),
    *("Transient", "Void"),
)
"""Types that Fink takes for extragalactic, without its words for no answer and a failed one."""
NOTHING_KNOWN = "Unknown"

HOST_INPUTS = ("simbad.main_type",)
MAY_BE_EXTRAGALACTIC = (
    f"(simbad.main_type is null or simbad.main_type in "
    f"({', '.join(repr(word) for word in (*EXTRAGALACTIC, NOTHING_KNOWN))}))"
)
"""Spark SQL condition: true also where SIMBAD has nothing, or has not answered."""

KNOWN_AS = (
    f"if(simbad.main_type in ('{NOTHING_KNOWN}', 'Transient') or simbad.main_type like 'Galaxy%', "
    "null, simbad.main_type)"
)
"""Spark SQL expression of what SIMBAD says an object is, where that says more than that there is
one."""
