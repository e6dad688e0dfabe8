"""Services: remote catalogues, asked piece by piece, with a local copy of the pieces.

The list is explicit, for `grep`. None is asked unless the settings name it.
"""

from fink_assets.services.declared.gaia import GAIA_CLASS, GAIA_DR3
from fink_assets.services.declared.legacy import LEGACY_DR8
from fink_assets.services.declared.simbad import SIMBAD
from fink_assets.services.declared.spicy import SPICY
from fink_assets.services.declared.tns import TNS_LIST
from fink_assets.services.service import Service, Snapshot

SERVICES: tuple[Service, ...] = (GAIA_CLASS, GAIA_DR3, LEGACY_DR8, SIMBAD, SPICY, TNS_LIST)
"""Every service that a module may declare and the settings may name."""
PIECEWISE = tuple(one for one in SERVICES if not isinstance(one, Snapshot))
"""Those that are asked about places; others are fetched whole."""
