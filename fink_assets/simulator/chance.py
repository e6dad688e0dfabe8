"""Random numbers that belong to something: the same keys give the same number, in any order.

So a detection has the same noise in every alert that tells it, whichever was made first. Sequences
of random numbers, as models draw them, come from `generator`.
"""

from __future__ import annotations

import struct
from functools import cache, reduce
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_ROOT = 0x9E3779B97F4A7C15


def mixed(*keys: Any) -> NDArray[np.uint64]:
    """Hash integers, arrays of which are broadcast, to 64 bits.

    Each key is added to what those before it gave and mixed by the finaliser of SplitMix64 (Steele,
    Lea & Flood 2014, OOPSLA, fig. 17).
    """
    import numpy as np

    start = np.full(1, _ROOT, dtype=np.uint64)
    whole = (np.atleast_1d(key).astype(np.int64).view(np.uint64) for key in keys)
    return reduce(_mix, whole, start)


def _mix(state: NDArray[np.uint64], key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    import numpy as np

    step = np.array([_ROOT], dtype=np.uint64)
    found = (state ^ (key + step)) * np.array([0xD1342543DE82EF95], dtype=np.uint64) + step
    found ^= found >> np.uint64(30)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> np.uint64(27)
    found *= np.uint64(0x94D049BB133111EB)
    found ^= found >> np.uint64(31)
    return found


def uniform(*keys: Any) -> Numbers:
    """Numbers between 0 and 1, both excluded."""
    import numpy as np

    return ((mixed(*keys) >> np.uint64(11)).astype(float) + 0.5) * 2.0**-53


def normal(*keys: Any) -> Numbers:
    """Normal deviates of unit variance (Box & Muller 1958, Ann. Math. Stat. 29, 610)."""
    import numpy as np

    state = mixed(*keys)
    radius = (state >> np.uint64(11)).astype(float) + 0.5
    angle = _mix(state, np.ones(1, dtype=np.uint64)) >> np.uint64(11)
    return np.sqrt(-2 * np.log(radius * 2.0**-53)) * np.cos(2.0**-52 * np.pi * angle.astype(float))


def generator(*keys: int) -> np.random.Generator:
    """Random numbers of one source, made faster than `numpy.random.default_rng` makes them.

    A hash of the keys is the state of PCG64, which is not spread over more bits again.
    """
    import numpy as np

    digest = blake2b(struct.pack(f"<{len(keys)}q", *keys), digest_size=32).digest()
    return np.random.Generator(np.random.PCG64(_state()(digest)))


@cache
def _state() -> type[Any]:
    """Class of a state that is given, in the shape in which numpy asks for one."""
    import numpy as np
    from numpy.random.bit_generator import ISeedSequence

    class State(ISeedSequence):
        def __init__(self, content: bytes) -> None:
            self.content = content

        def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray:
            return np.frombuffer(self.content, dtype)[:n_words]

    return State
