"""Science modules for alerts of ZTF: one file each. The list is explicit, for `grep`."""

from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.modules.ztf.detection_history import detection_history
from fink_assets.raw2science.modules.ztf.fast_transient_rate import fast_transient_rate
from fink_assets.raw2science.modules.ztf.hostless import hostless
from fink_assets.raw2science.modules.ztf.lightcurve_features import lightcurve_features
from fink_assets.raw2science.modules.ztf.solar_system import solar_system

MODULES: tuple[ScienceModule, ...] = (
    detection_history,
    fast_transient_rate,
    hostless,
    lightcurve_features,
    solar_system,
)
