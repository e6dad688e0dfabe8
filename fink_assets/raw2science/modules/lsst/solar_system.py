"""Say whether an alert is a Solar System object, as the survey attributes it.

Candidates for unknown objects, orbits and ephemerides do not belong here.
"""

from fink_assets.raw2science.module import Column, Golden, science_module


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:solar-system"],
    inputs=("ssSource.ssObjectId",),
    outputs=(
        Column(
            name="is_sso",
            type="boolean",
            doc="True if the survey attributes the detection to a known Solar System object.",
            ucd="meta.code",
            fink="pred.is_sso",
        ),
    ),
    golden=(
        Golden(alert=169298432757858307, expected={"is_sso": True}),
        Golden(alert=169298433314652171, expected={"is_sso": False}),
        Golden(alert=396950876717106, expected={"is_sso": False}),
    ),
)
def solar_system() -> dict[str, str]:
    """Tell the alerts that the survey attributes to a known Solar System object.

    Such a packet carries `ssSource`, and neither a `diaObject` nor a history. The definition is
    that of Fink's `pred.is_sso`; values agree. It is never null: a packet without `ssSource` is not
    attributed. Simulated packets of schemas before 8 have no `ssSource` and never are.
    """
    return {"is_sso": "ssSource is not null"}
