"""Catalogues: lists of known sources, as assets, and the search for counterparts in them.

The list is explicit, for `grep`. One of a user's own is named here, too.
"""

from fink_assets.catalogues.catalogue import Catalogue
from fink_assets.catalogues.declared.ctao_blazars import CTAO_BLAZARS
from fink_assets.catalogues.declared.gcvs import GCVS
from fink_assets.catalogues.declared.lists import DWARF_AGN, MAGNETIC_CV, SYMBIOTIC, TDE
from fink_assets.catalogues.declared.mangrove import MANGROVE
from fink_assets.catalogues.declared.tns import TNS
from fink_assets.catalogues.declared.vsx import VSX
from fink_assets.catalogues.declared.x3hsp import X3HSP
from fink_assets.catalogues.declared.x4lac import X4LAC

SEARCHED: tuple[Catalogue, ...] = (
    *(GCVS, VSX, X3HSP, X4LAC, MANGROVE),
    *(DWARF_AGN, MAGNETIC_CV, SYMBIOTIC, TDE, TNS),
)
"""What the module `crossmatch` of each survey searches, in the order of its columns."""

CATALOGUES: tuple[Catalogue, ...] = (CTAO_BLAZARS, *SEARCHED)
"""Every catalogue of the platform: what set-up fetches, and what is written to the lake."""
