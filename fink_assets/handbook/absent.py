"""What Fink computes and this platform does not, and why: written by hand, no declaration says it.

A line goes away with the module that takes its place.
"""

from fink_assets.handbook.markdown import grid

TITLE = "What Fink has and this project has not"

ABSENT = (
    (
        "kilonovae",
        "ZTF",
        "The forest and the principal components that Fink runs come with `kndetect`, which is in "
        "no package index. The older files in the wheel of fink-science are not what Fink runs.",
    ),
    (
        "microlensing",
        "ZTF",
        "The features are those of LIA, whose licence is the GPL-3. No alert with a positive score "
        "is at hand, so nothing would tell a right implementation from a wrong one.",
    ),
    (
        "superluminous supernovae",
        "ZTF",
        "Of the 27 inputs of the model five are of fits of SALT2, one is of the dust map SFD: both "
        "are to be downloaded elsewhere. Fink takes the light curve from its own service.",
    ),
    (
        "superluminous supernovae",
        "LSST",
        "The model is in the wheel, but Fink neither runs the module nor tests it: no value is "
        "known that it should give.",
    ),
    (
        "orphan afterglows of gamma-ray bursts",
        "LSST",
        "The model is not in the wheel. Fink does not run the module, which takes nJy for mJy.",
    ),
    (
        "blazars: high states, quantile of the flux",
        "ZTF",
        "The list in the wheel has no thresholds of high states; `blazar` takes them from a list "
        "that has. The quantile needs light curves of the service of SNAD.",
    ),
    (
        "anomalies: forests of today and of single experts",
        "ZTF",
        "Fink overwrites its forests when it trains anew. `anomaly` has those of one version of "
        "the wheel, in which all experts have the same.",
    ),
    (
        "SSOFT",
        "ZTF",
        "[Phase curves](solar_system.md) need ephemerides, which packets of ZTF do not have; of "
        "LSST they are fitted with HG, HG1G2, SHG1G2 and SOCCA.",
    ),
)


def absent() -> str:
    """List what is not here."""
    return grid(("what", "survey", "why it is not here"), ABSENT)
