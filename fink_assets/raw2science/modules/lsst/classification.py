"""Give each alert one label, the one that says most of those that modules found.

How each of them was found belongs to those modules; a label of ours is added to `LABELS`.
"""

from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.hosts import KNOWN_AS
from fink_assets.raw2science.modules.labels import Label, after_of, inputs_of, label_column, one_of

CODES = {11: "SN-like", 12: "Fast", 13: "Long", 21: "Periodic", 22: "AGN"}

LABELS = (
    *(
        Label(
            name=name,
            condition=f"cats.cats_class = {code}",
            inputs=("cats.cats_class",),
            after=("cats",),
        )
        for code, name in CODES.items()
    ),
    Label(
        name="Solar System",
        condition="solar_system.is_sso",
        inputs=("solar_system.is_sso",),
        after=("solar_system",),
    ),
)
"""From the least preferred to the most."""


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:transients"],
    inputs=(
        *inputs_of(LABELS),
        "simbad.main_type",
        "simbad.otype",
        "gaia_dr3.DR3Name",
    ),
    outputs=(
        label_column(LABELS),
        Column(
            name="main_label_classifier",
            type="int",
            doc="Code of the broad class with the highest score, as `cats` gives it.",
            ucd="src.class",
            fink="pred.main_label_classifier",
        ),
        Column(
            name="main_label_crossmatch",
            type="string",
            doc="Short type in SIMBAD; null where SIMBAD has nothing, or has not answered.",
            ucd="src.class",
            fink="pred.main_label_crossmatch",
        ),
        Column(
            name="is_cataloged",
            type="boolean",
            doc="True if SIMBAD or Gaia DR3 has a source at the place; null where neither says so "
            "and one has not answered.",
            ucd="meta.code",
            fink="pred.is_cataloged",
        ),
    ),
    after=(*after_of(LABELS), "simbad", "gaia_dr3"),
    golden=(
        Golden(alert=169298432757858307, expected={"label": "Solar System"}),
        Golden(alert=169298433314652171, expected={"main_label_crossmatch": None}),
    ),
)
def classification() -> dict[str, str]:
    """Choose the label of an alert, and give those of Fink's `pred`.

    An object that SIMBAD knows is called what it is there, in its long words, unless that is only a
    galaxy or a transient. Then comes the survey's own word that it is a known body, then the class
    of `cats`, whatever its score: that of light curves of few points says little.

    Where SIMBAD or Gaia have not answered, they count as knowing nothing in the label, and
    `is_cataloged` is null; both are found again when they do. Fink writes "Fail" as a type then,
    and takes it for no source.
    """
    sources = ("simbad.main_type is not null", "gaia_dr3.DR3Name is not null")
    silent = "simbad is null or gaia_dr3 is null"
    return {
        "label": one_of(LABELS, identified=KNOWN_AS),
        "main_label_classifier": "int(cats.cats_class)",
        "main_label_crossmatch": "simbad.otype",
        "is_cataloged": (
            f"case when {' or '.join(sources)} then true when {silent} then null else false end"
        ),
    }
