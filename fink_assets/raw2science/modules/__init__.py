"""The scientists' room: a folder per survey, in it one file per science module.

Files beside the folders hold what modules of several surveys share.
"""

from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.modules import lsst, ztf

MODULES: tuple[ScienceModule, ...] = (*ztf.MODULES, *lsst.MODULES)
