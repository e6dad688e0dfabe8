"""Give each alert one label, the one that says most of those that modules found.

How each of them was found belongs to those modules; a label of ours is added to `LABELS`.
"""

from fink_assets.raw2science.module import Golden, science_module
from fink_assets.raw2science.modules.hosts import HOST_INPUTS, KNOWN_AS, MAY_BE_EXTRAGALACTIC
from fink_assets.raw2science.modules.labels import Label, after_of, inputs_of, label_column, one_of

GOOD = "candidate.drb > 0.5 and candidate.classtar > 0.4"
LIKE_A_SUPERNOVA = (
    f"{MAY_BE_EXTRAGALACTIC} and {GOOD} "
    "and (supernova.snia_vs_nonia > 0.5 or supernova.sn_vs_all > 0.5)"
)
LIKE_A_SUPERNOVA_INPUTS = (
    *HOST_INPUTS,
    "candidate.drb",
    "candidate.classtar",
    "supernova.snia_vs_nonia",
    "supernova.sn_vs_all",
)


def solar_system_object(name: str, roid: int) -> Label:
    """Label alerts with a code of the module `solar_system`."""
    return Label(
        name=name,
        condition=f"solar_system.roid = {roid}",
        inputs=("solar_system.roid",),
        after=("solar_system",),
        disputable=True,
    )


LABELS = (
    Label(
        name="SN candidate",
        condition=(
            f"{LIKE_A_SUPERNOVA} and candidate.jd - candidate.jdstarthist <= 90 "
            "and candidate.ndethist > 1 and solar_system.roid != 3"
        ),
        inputs=(
            *LIKE_A_SUPERNOVA_INPUTS,
            "candidate.jd",
            "candidate.jdstarthist",
            "candidate.ndethist",
            "solar_system.roid",
        ),
        after=("simbad", "supernova", "solar_system"),
        disputable=True,
    ),
    Label(
        name="Early SN Ia candidate",
        condition=(
            f"{LIKE_A_SUPERNOVA} and early_snia.snia_vs_nonia > 0.5 and candidate.ndethist <= 20"
        ),
        inputs=(*LIKE_A_SUPERNOVA_INPUTS, "early_snia.snia_vs_nonia", "candidate.ndethist"),
        after=("simbad", "supernova", "early_snia"),
    ),
    solar_system_object("Solar System candidate", 2),
    solar_system_object("Solar System MPC", 3),
)
"""From the least preferred to the most."""


@science_module(
    survey="ztf",
    version="2.0.0",
    owners=["team:transients"],
    inputs=inputs_of(LABELS),
    outputs=(label_column(LABELS),),
    after=after_of(LABELS),
    golden=(
        Golden(alert=1786107540015015005, expected={"label": "Solar System MPC"}),
        Golden(alert=1786198313215015016, expected={"label": "Solar System candidate"}),
        Golden(alert=1786383461515015008, expected={"label": "Early SN Ia candidate"}),
        Golden(alert=1786397526015015000, expected={"label": "Unknown"}),
    ),
)
def classification() -> dict[str, str]:
    """Choose the label of an alert from those that apply.

    The rules are those of Fink's classification: of labels that apply the one preferred is given,
    `Ambiguous` where two of those that contradict each other apply, `Unknown` where none does. An
    object that SIMBAD knows is called what it is there, whatever else applies, unless that is only
    a galaxy or a transient. While SIMBAD has not answered, it counts as knowing nothing; the label
    is chosen again when it does.

    Fink has three labels more, whose modules are not here: of microlensing and kilonovae, and of
    tracklets, which are found after the night.
    """
    return {"label": one_of(LABELS, identified=KNOWN_AS)}
