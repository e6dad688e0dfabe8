"""Science modules for alerts of ZTF: one file each. The list is explicit, for `grep`."""

from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.modules.ztf.anomaly import anomaly
from fink_assets.raw2science.modules.ztf.blazar import blazar
from fink_assets.raw2science.modules.ztf.classification import classification
from fink_assets.raw2science.modules.ztf.color_evolution import color_evolution
from fink_assets.raw2science.modules.ztf.crossmatch import crossmatch
from fink_assets.raw2science.modules.ztf.detection_history import detection_history
from fink_assets.raw2science.modules.ztf.early_snia import early_snia
from fink_assets.raw2science.modules.ztf.fast_transient_rate import fast_transient_rate
from fink_assets.raw2science.modules.ztf.gaia_class import gaia_class
from fink_assets.raw2science.modules.ztf.gaia_dr3 import gaia_dr3
from fink_assets.raw2science.modules.ztf.hostless import hostless
from fink_assets.raw2science.modules.ztf.lightcurve_features import lightcurve_features
from fink_assets.raw2science.modules.ztf.simbad import simbad
from fink_assets.raw2science.modules.ztf.solar_system import solar_system
from fink_assets.raw2science.modules.ztf.spicy import spicy
from fink_assets.raw2science.modules.ztf.supernova import supernova
from fink_assets.raw2science.modules.ztf.tns_transient import tns_transient
from fink_assets.raw2science.modules.ztf.transient_features import transient_features

MODULES: tuple[ScienceModule, ...] = (
    anomaly,
    blazar,
    classification,
    color_evolution,
    crossmatch,
    detection_history,
    early_snia,
    fast_transient_rate,
    gaia_class,
    gaia_dr3,
    hostless,
    lightcurve_features,
    simbad,
    solar_system,
    spicy,
    supernova,
    tns_transient,
    transient_features,
)
