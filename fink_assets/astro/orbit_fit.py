"""An orbit through detections of one body: the one of least squares, and how sure it is.

Which detections belong together is decided in `linking` and `tracks`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.least_squares import minimum
from fink_assets.astro.photometry import Numbers
from fink_assets.astro.two_body import Elements, elements, moved, seen_from

ARCSEC = float(np.radians(1 / 3600))
TYPICAL = np.array([1.0, 1e-4, 1e-4, 1e-2, 1e-3, 1e-3])
"""Units of the parameters: distance of the first guess, radians, au / day, radians / day."""
DIFFERENCE = 1e-6
"""Of parameters in these units, and of places (au), to form derivatives; of velocities (au / day) a
hundredth."""
STEPS = 30
SMALLEST_GAIN = 1e-9
HOPELESS = 1e9
"""Residual, over its error, where there is no place to compare with."""
CIRCULAR = 3
"""Elements from here on are angles that may pass 360 degrees."""


@dataclass(frozen=True, kw_only=True)
class Sightings:
    """Where and when something was seen.

    Parameters
    ----------
    jd : array of shape (n,)
        Middle of the exposure (Julian date, TT, days).
    direction : array of shape (n, 3)
        Unit vectors, axes of the ICRS.
    observer, observer_velocity : array of shape (n, 3)
        Of the observatory around the Sun, in au and au / day.
    """

    jd: Numbers
    direction: Numbers
    observer: Numbers
    observer_velocity: Numbers

    def of(self, rows: NDArray[np.int64] | list[int]) -> Sightings:
        """Take some of them."""
        return Sightings(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


@dataclass(frozen=True, kw_only=True)
class Path:
    """An orbit, or many, as places at an epoch.

    Parameters
    ----------
    epoch : float
        Julian date (TT).
    place, velocity : array of shape (..., 3)
        Around the Sun at the epoch, axes of the ICRS, in au and au / day.
    """

    epoch: float
    place: Numbers
    velocity: Numbers

    def at(self, epoch: float) -> Path:
        """Tell the same at another epoch."""
        place, velocity = moved(self.place, self.velocity, epoch - self.epoch)
        return Path(epoch=epoch, place=place, velocity=velocity)


@dataclass(frozen=True, kw_only=True)
class Orbit(Path):
    """One orbit that was fitted.

    Parameters
    ----------
    covariance : array of shape (6, 6) or None
        Of place and velocity, for the errors that sightings were given; None where these do not
        tell.
    residual_arcsec : array of shape (n, 2)
        Seen minus computed, to the east and to the north.
    chi2 : float
        Sum of the squares of the residuals over their error.
    """

    covariance: Numbers | None
    residual_arcsec: Numbers
    chi2: float

    @property
    def reduced_chi2(self) -> float:
        """Over the degrees of freedom."""
        return self.chi2 / (self.residual_arcsec.size - 6)

    @property
    def off_arcsec(self) -> Numbers:
        """Distance of each sighting from the orbit."""
        return np.hypot(*self.residual_arcsec.T)

    @property
    def rms_arcsec(self) -> float:
        """Of these distances."""
        return float(np.sqrt(np.mean(self.off_arcsec**2)))

    def elements(self) -> Elements | None:
        """Elements at the epoch; None if it is no ellipse."""
        return elements(self.place, self.velocity)

    def errors(self) -> Elements | None:
        """Give errors (1 sigma) of the elements, to first order; None where they are not known."""
        if self.covariance is None:
            return None
        steps = np.repeat([DIFFERENCE, DIFFERENCE / 100], 3)
        state = np.concatenate([self.place, self.velocity])
        slopes = []
        for shift in np.diag(steps):
            sides = [elements(each[:3], each[3:]) for each in (state + shift, state - shift)]
            if None in sides:
                return None
            apart = np.subtract(*(astuple(side) for side in sides if side is not None))
            apart[CIRCULAR:] = (apart[CIRCULAR:] + 180) % 360 - 180
            slopes.append(apart / (2 * shift.max()))
        jacobian = np.array(slopes).T
        return Elements(*np.sqrt(np.diag(jacobian @ self.covariance @ jacobian.T)).tolist())


def basis(direction: Numbers) -> tuple[Numbers, Numbers]:
    """Unit vectors to the east and to the north of directions; at a pole any two."""
    x, y, _ = np.moveaxis(direction, -1, 0)
    flat = np.hypot(x, y)
    pole = flat < 1e-12
    flat = np.where(pole, 1.0, flat)
    east = np.stack([np.where(pole, 0, -y / flat), np.where(pole, 1, x / flat), 0 * x], axis=-1)
    return east, np.cross(direction, east)


def residuals(path: Path, seen: Sightings) -> Numbers:
    """Seen minus computed, in arcsec east and north: shape (..., n, 2) of paths (...)."""
    place, velocity = path.place[..., None, :], path.velocity[..., None, :]
    computed, _ = seen_from(place, velocity, seen.jd - path.epoch, seen.observer)
    off = seen.direction - computed
    return np.stack([np.sum(off * axis, -1) for axis in basis(seen.direction)], axis=-1) / ARCSEC


def fit(seen: Sightings, guess: Path, *, error_arcsec: float) -> Orbit | None:
    """Fit the orbit of least squares, at the epoch of a first guess; None if there is none.

    The parameters are those that sightings tell apart best: distance, direction, rate of the
    distance and motion across it against the observer, who is where the sighting nearest to the
    epoch was made.

    Parameters
    ----------
    seen : Sightings
        Three at least.
    guess : Path
        From where the nearest minimum is looked for.
    error_arcsec : float
        Of each sighting along each axis.
    """
    state, start = _parameters(seen, guess)

    def path(parameters: Numbers) -> Path:
        place, velocity = state(parameters)
        return Path(epoch=guess.epoch, place=place, velocity=velocity)

    def misses(parameters: Numbers) -> Numbers:
        found = residuals(path(parameters), seen) / error_arcsec
        return np.nan_to_num(found.reshape(*found.shape[:-2], -1), nan=HOPELESS)

    def slopes(parameters: Numbers) -> Numbers:
        return _slopes(misses, parameters)

    lower, upper = np.full(6, -np.inf), np.full(6, np.inf)
    lower[0] = DIFFERENCE
    found = minimum(
        misses,
        start,
        lower=lower,
        upper=upper,
        jacobian=slopes,
        steps=STEPS,
        smallest_gain=SMALLEST_GAIN,
    )
    if not found.chi2 < HOPELESS:
        return None
    best = path(found.values)
    covariance = None
    if found.covariance is not None:
        change = _slopes(lambda p: np.concatenate(state(p), axis=-1), found.values)
        covariance = change @ found.covariance @ change.T
    return Orbit(
        epoch=best.epoch,
        place=best.place,
        velocity=best.velocity,
        covariance=covariance,
        residual_arcsec=residuals(best, seen),
        chi2=found.chi2,
    )


State = Callable[[Numbers], tuple[Numbers, Numbers]]


def _parameters(seen: Sightings, guess: Path) -> tuple[State, Numbers]:
    """What makes places and velocities of parameters, and the parameters of the first guess."""
    nearest = int(np.argmin(np.abs(seen.jd - guess.epoch)))
    moving = seen.observer_velocity[nearest]
    origin = seen.observer[nearest] + moving * (guess.epoch - seen.jd[nearest])
    towards = guess.place - origin
    distance = float(np.linalg.norm(towards))
    ahead = towards / distance
    frame = np.stack([ahead, *basis(ahead)])
    relative = frame @ (guess.velocity - moving)
    units = TYPICAL * [distance, 1, 1, 1, 1, 1]

    def state(parameters: Numbers) -> tuple[Numbers, Numbers]:
        values = parameters * units
        far = values[..., :1]
        at = np.concatenate([np.ones_like(far), values[..., 1:3]], axis=-1)
        speed = np.concatenate([values[..., 3:4], far * values[..., 4:]], axis=-1)
        return origin + far * (at @ frame), moving + speed @ frame

    return state, np.array([distance, 0, 0, relative[0], *(relative[1:] / distance)]) / units


def _slopes(of: Callable[[Numbers], Numbers], parameters: Numbers) -> Numbers:
    """Derivatives, a column for each parameter; all sides at once."""
    steps = DIFFERENCE * np.eye(len(parameters))
    both = of(np.concatenate([parameters + steps, parameters - steps]))
    return ((both[: len(steps)] - both[len(steps) :]) / (2 * DIFFERENCE)).T
