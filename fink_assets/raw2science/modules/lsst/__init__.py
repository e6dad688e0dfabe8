"""Science modules for alerts of Rubin's LSST: one file each. The list is explicit, for `grep`."""

from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.modules.lsst.cats import cats
from fink_assets.raw2science.modules.lsst.classification import classification
from fink_assets.raw2science.modules.lsst.color_evolution import color_evolution
from fink_assets.raw2science.modules.lsst.crossmatch import crossmatch
from fink_assets.raw2science.modules.lsst.detection_history import detection_history
from fink_assets.raw2science.modules.lsst.early_snia import early_snia
from fink_assets.raw2science.modules.lsst.fast_transient_rate import fast_transient_rate
from fink_assets.raw2science.modules.lsst.gaia_dr3 import gaia_dr3
from fink_assets.raw2science.modules.lsst.hostless import hostless
from fink_assets.raw2science.modules.lsst.legacy_dr8 import legacy_dr8
from fink_assets.raw2science.modules.lsst.lightcurve_features import lightcurve_features
from fink_assets.raw2science.modules.lsst.simbad import simbad
from fink_assets.raw2science.modules.lsst.solar_system import solar_system
from fink_assets.raw2science.modules.lsst.spicy import spicy
from fink_assets.raw2science.modules.lsst.supernova import supernova
from fink_assets.raw2science.modules.lsst.tns_transient import tns_transient

MODULES: tuple[ScienceModule, ...] = (
    cats,
    classification,
    color_evolution,
    crossmatch,
    detection_history,
    early_snia,
    fast_transient_rate,
    gaia_dr3,
    hostless,
    legacy_dr8,
    lightcurve_features,
    simbad,
    solar_system,
    spicy,
    supernova,
    tns_transient,
)
