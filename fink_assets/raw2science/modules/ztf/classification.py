"""Give each alert one label, the one that says most of those that modules found.

How each of them was found belongs to those modules; a label of ours is added to `LABELS`.
"""

from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.labels import Label, inputs_of, needs_of, one_of


def solar_system_object(name: str, roid: int) -> Label:
    """Label alerts with a code of the module `solar_system`."""
    return Label(
        name=name,
        condition=f"solar_system.roid = {roid}",
        inputs=("solar_system.roid",),
        needs=("solar_system",),
        disputable=True,
    )


LABELS = (
    solar_system_object("Solar System candidate", 2),
    solar_system_object("Solar System MPC", 3),
)
"""From the least preferred to the most."""


@science_module(
    survey="ztf",
    version="1.0.0",
    owners=["team:transients"],
    inputs=inputs_of(LABELS),
    outputs=(
        Column(
            name="label",
            type="string",
            doc=(
                "What the alert is called: "
                + ", ".join(label.name for label in LABELS)
                + "; Ambiguous if two contradict each other, Unknown without any."
            ),
            ucd="meta.code.class;src.class",
        ),
    ),
    needs=needs_of(LABELS),
    golden=(
        Golden(alert=1786107540015015005, expected={"label": "Solar System MPC"}),
        Golden(alert=1786198313215015016, expected={"label": "Solar System candidate"}),
        Golden(alert=1786383461515015008, expected={"label": "Unknown"}),
    ),
)
def classification() -> dict[str, str]:
    """Choose the label of an alert from those that apply.

    The rules are those of Fink's classification: of labels that apply the one preferred is given,
    `Ambiguous` where two of those that contradict each other apply, `Unknown` where none does. An
    object that a catalogue identifies is called what it is there, whatever else applies.

    Only labels are given whose modules exist. Fink has more, and prefers the counterpart in SIMBAD
    to all others; until these are here, an alert that is `Unknown` need not be so in Fink, and the
    column has none of Fink's names in topics.
    """
    return {"label": one_of(LABELS)}
