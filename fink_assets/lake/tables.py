"""The tables of a survey: where a stage finds those it may use.

What their columns mean belongs to `contracts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fink_assets.lake.ledger import Ledger
from fink_assets.lake.table import HOT, KEPT_LOG, Table

_EARLY = ("batch", "alert_id", "object_id")


@dataclass(frozen=True)
class Tables:
    """Every table of one survey, under one root; to be made anew where tables were deleted."""

    survey: str
    root: str

    def _table(self, noun: str, indexed: tuple[str, ...], *, partitioned: bool = True) -> Table:
        return Table(
            name=f"{self.survey}/{noun}", root=self.root, indexed=indexed, partitioned=partitioned
        )

    def _sorted(self, noun: str, indexed: tuple[str, ...], clustered: tuple[str, ...]) -> Table:
        return Table(
            name=f"{self.survey}/{noun}",
            root=self.root,
            indexed=indexed,
            partitioned=False,
            clustered=clustered,
            properties={**HOT, **KEPT_LOG},
        )

    @cached_property
    def raw(self) -> Table:
        """Every message that decoded, whole."""
        return self._table("raw", _EARLY)

    @cached_property
    def dead_letter(self) -> Table:
        """Every message that did not."""
        return self._table("dead_letter", ("batch",))

    @cached_property
    def quarantine(self) -> Table:
        """Alerts that fail a cut, with the reasons."""
        return self._table("quarantine", _EARLY)

    @cached_property
    def science(self) -> Table:
        """Alerts that pass, enriched."""
        return self._table("science", (*_EARLY, "time", "ra", "dec"))

    @cached_property
    def deliveries(self) -> Table:
        """What was sent to which topic."""
        return self._table("deliveries", (*_EARLY, "filter"))

    @cached_property
    def sources(self) -> Table:
        """Light curves: one row per alert of an object."""
        return self._table("sources", ("batch", "object_id", "time"))

    @cached_property
    def objects(self) -> Table:
        """Latest state of each object."""
        indexed = ("object_id", "ra", "dec", "last_time")
        return self._sorted("objects", indexed, ("ra", "dec"))

    @cached_property
    def alerts(self) -> Table:
        """All that is known of each alert that passed, for look-ups: rows of science."""
        indexed = ("batch", "object_id", "alert_id", "time", "healpix_29", "night")
        return self._sorted("alerts", indexed, ("object_id",))

    @cached_property
    def received(self) -> Table:
        """Every alert that was received, for look-ups by object: where and when it came."""
        indexed = ("batch", "object_id", "alert_id", "night")
        return self._sorted("received", indexed, ("object_id",))

    @cached_property
    def classes(self) -> Table:
        """Labels of alerts: one row per alert and label."""
        indexed = ("batch", "family", "label", "time", "night")
        return self._sorted("classes", indexed, ("label", "time"))

    @cached_property
    def history(self) -> Table:
        """Upper limits and detections of bad quality, of which alerts tell: each once."""
        indexed = ("batch", "object_id", "time", "night", "kind")
        return self._sorted("history", indexed, ("object_id",))

    @cached_property
    def statistics(self) -> Table:
        """Numbers of each night: one row per night."""
        return self._table("statistics", ("night",), partitioned=False)

    @cached_property
    def forced_photometry(self) -> Table:
        """Forced photometry: one row per distinct measurement of an object."""
        return self._table("forced_photometry", ("batch", "object_id", "time"))

    @cached_property
    def forced_light_curves(self) -> Table:
        """Forced photometry again, for look-ups by object."""
        indexed = ("batch", "object_id", "time", "night")
        return self._sorted("forced_light_curves", indexed, ("object_id",))

    @cached_property
    def solar_system(self) -> Table:
        """What was seen of known Solar System bodies: one row per alert."""
        return self._table("solar_system", ("batch", "name", "time"))

    @cached_property
    def body_alerts(self) -> Table:
        """All that is known of each alert of a known Solar System body, for look-ups."""
        indexed = ("batch", "name", "object_id", "time", "night")
        return self._sorted("body_alerts", indexed, ("name",))

    @cached_property
    def phase_curves(self) -> Table:
        """Phase curves of known Solar System bodies: one row per body and model."""
        return self._table("phase_curves", ("name", "model", "status"), partitioned=False)

    @cached_property
    def tracklets(self) -> Table:
        """Alerts along one line in an exposure, the trails of satellites: one row per alert."""
        return self._table("tracklets", ("batch", "alert_id", "tracklet"))

    @cached_property
    def trajectories(self) -> Table:
        """Unknown bodies that were linked over nights: a row per body and night that told of it."""
        return self._table("trajectories", ("batch", "name"))

    @cached_property
    def linked_nights(self) -> Table:
        """What linking gave, and what it left out: one row per night."""
        return self._table("linked_nights", ("night",), partitioned=False)

    @cached_property
    def schema_history(self) -> Table:
        """Fields of packets that changed from one night to the next."""
        return self._table("schema_history", ("batch", "change", "field"))

    @cached_property
    def field_availability(self) -> Table:
        """How often each field of the packets is null, by night."""
        return self._table("field_availability", ("batch", "field", "null_fraction"))

    @cached_property
    def gcn_associations(self) -> Table:
        """Alerts that match a notice of GCN: one row per alert and event."""
        return self._table("gcn_associations", ("batch", "alert_id", "object_id", "tier"))

    @cached_property
    def gcn_messages(self) -> Table:
        """What users are told of associations with a tier: written before it is sent."""
        return self._table("gcn_messages", ("batch", "alert_id", "object_id", "tier"))

    @cached_property
    def gcn_deliveries(self) -> Table:
        """Which of these messages was sent to which topic, and when."""
        return self._table("gcn_deliveries", ("batch", "alert_id", "object_id", "filter"))

    @cached_property
    def writers(self) -> Table:
        """Writers' schemas seen in the stream."""
        return self._table("writers", (), partitioned=False)

    @cached_property
    def ledger(self) -> Ledger:
        """Plans and receipts of all batches."""
        return Ledger(self._table("ledger", (), partitioned=False))
