"""Notices of GCN: as their readers want them, true about their events, at their time."""

import base64
import io
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import astropy.units as u
import numpy as np
import pytest
from astropy.table import QTable
from astropy_healpix import (
    healpix_to_lonlat,
    level_to_nside,
    lonlat_to_healpix,
    nside_to_pixel_area,
    uniq_to_level_ipix,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.astro.angles import separation
from fink_assets.simulator import archive
from fink_assets.simulator.notices import fermi, lvk, voevent
from fink_assets.simulator.notices.choice import (
    UNWATCHED,
    YOUNG_DAYS,
    Asked,
    NoCounterpartError,
    empty_place,
    luminosity_distance,
    search,
)
from fink_assets.simulator.notices.model import Event, schema
from fink_assets.simulator.notices.night import (
    interleaved,
    notices,
    outgoing,
    table,
    write_truth,
)
from fink_assets.simulator.notices.region import around, axes_of, centred
from fink_assets.simulator.notices.scale import mjd_of, time_on
from fink_assets.simulator.notices.skymap import FINEST, Distance, cells, distance_around
from fink_assets.simulator.sequence import Outgoing

SHARED = Path(__file__).parents[4] / "shared" / "data" / "gcn"
REAL = pytest.mark.skipif(not SHARED.is_dir(), reason="no real notices beside the project")

RA, DEC = st.floats(0, 359.999), st.floats(-90, 90)
SEEDS = st.integers(0, 2**32)
NIGHT = 61055.1


def an_event(**given):
    told = {"object_id": "ZTF26aaaaaaa", "kind": "kilonova", "distance": 120.0}
    return Event(**{"ra": 150.0, "dec": 20.0, "mjd": 61053.6, **told, **given})


def made(source, seed, event=None):
    return source.notice(np.random.default_rng(seed), event or an_event())


def content(notice):
    return json.loads(notice.message)


def the_map(notice_content):
    return QTable.read(io.BytesIO(base64.b64decode(notice_content["event"]["skymap"])))


def probabilities(sky):
    """Order, number and probability of each cell, as readers compute them."""
    order, number = uniq_to_level_ipix(sky["UNIQ"])
    area = nside_to_pixel_area(level_to_nside(order))
    return order, number, (area * sky["PROBDENSITY"]).to_value(u.one), area.to_value(u.deg**2)


def level_of(sky, ra, dec):
    """Probability of the smallest region of a map that holds a place (LVK's user guide)."""
    order, number, probability, _ = probabilities(sky)
    first = number * 4 ** (29 - order)
    sort = np.argsort(first)
    cell = lonlat_to_healpix(ra * u.deg, dec * u.deg, 2**29, order="nested")
    own = sort[np.searchsorted(first[sort], cell, side="right") - 1]
    denser = sky["PROBDENSITY"] > sky["PROBDENSITY"][own]
    return probability[denser].sum() + probability[own] / 2


def read_circle(message):
    """Position, error and time as readers of VOEvents find them."""
    root = ElementTree.fromstring(message)
    where = root.find("WhereWhen/ObsDataLocation/ObservationLocation/AstroCoords")
    position = where.find("Position2D")
    place = (float(position.find(f"Value2/{each}").text) for each in ("C1", "C2"))
    time = datetime.fromisoformat(where.find("Time/TimeInstant/ISOTime").text)
    return root, tuple(place), float(position.find("Error2Radius").text), time


def parameters(root):
    return {each.get("name"): each.get("value") for each in root.findall("What/Param")}


def mjd(time):
    return (time - datetime(1858, 11, 17, tzinfo=time.tzinfo)).total_seconds() / 86400


# --- regions ---------------------------------------------------------------------------------


@given(RA, DEC, SEEDS, st.floats(0.1, 1000), st.floats(1, 10))
def test_a_region_is_a_gaussian_that_keeps_areas(ra, dec, seed, area, ratio):
    region = centred(np.random.default_rng(seed), ra, dec, **axes_of(area, ratio))
    assert separation(*region.centre, ra, dec) < 1e-6
    assert region.area(0.9) == pytest.approx(area)
    assert region.major / region.minor == pytest.approx(ratio)
    assert np.allclose(region.frame.T @ region.frame, np.eye(3))
    assert region.level(ra, dec) < 1e-6


@pytest.mark.parametrize(("area", "ratio"), [(30.0, 1.0), (500.0, 3.0)])
@pytest.mark.parametrize(("ra", "dec"), [(10.0, 0.0), (359.9, 89.0), (200.0, -60.0)])
def test_places_are_as_often_in_regions_as_these_say(area, ratio, ra, dec):
    random = np.random.default_rng(1)
    levels = [
        float(around(random, ra, dec, **axes_of(area, ratio)).level(ra, dec)) for _ in range(2000)
    ]
    for probability in (0.1, 0.5, 0.9):
        share = np.mean(np.array(levels) < probability)
        assert share == pytest.approx(probability, abs=4.5 * math.sqrt(0.25 / 2000))


def test_a_density_adds_up_to_one_over_the_sky():
    random = np.random.default_rng(2)
    region = centred(random, 40.0, 85.0, **axes_of(500.0, 3.0))
    height = random.uniform(-1, 1, 400_000)
    around_it = random.uniform(0, 360, len(height))
    mean = np.mean(region.density(around_it, np.degrees(np.arcsin(height)))) * 4 * math.pi
    assert mean == pytest.approx(1, abs=0.05)


# --- Fermi -----------------------------------------------------------------------------------


@given(RA, DEC, SEEDS, st.floats(58000, 70000))
def test_a_burst_reads_as_it_is(ra, dec, seed, time):
    notice = made(fermi, seed, an_event(ra=ra, dec=dec, mjd=time))
    root, place, radius, read = read_circle(notice.message)
    assert place == pytest.approx((notice.ra, notice.dec), abs=1e-4)
    assert radius == pytest.approx(notice.parameters["radius_68_deg"], abs=1e-4)
    assert mjd(read) == pytest.approx(time, abs=0.011 / 86400)
    told = parameters(root)
    assert told["TrigID"] == notice.event_id
    assert told["Packet_Type"] == "115"
    day = int(told["Burst_TJD"]) + 40000 + float(told["Burst_SOD"]) / 86400
    assert day == pytest.approx(time, abs=0.011 / 86400)
    assert notice.sent > time


def test_a_burst_is_a_voevent_in_its_name_space_that_says_it_is_not_real():
    root, *_ = read_circle(made(fermi, 1).message)
    assert root.tag == "{http://www.ivoa.net/xml/VOEvent/v2.0}VOEvent"
    assert root.get("version") == "2.0"
    assert root.get("ivorn").startswith("ivo://nasa.gsfc.gcn/Fermi#GBM_Fin_Pos")
    assert "simulated" in root.findtext("Who/Author/shortName")
    assert [each.tag for each in root] == [
        *("Who", "What", "WhereWhen", "How", "Why", "Citations", "Description")
    ]


def test_a_trigger_has_the_number_that_fermi_gave_it():
    """The real trigger 719313583 was on 2023-10-18 at 09:19:38.12 UTC."""
    time = mjd(datetime(2023, 10, 18, 9, 19, 38, 120_000, tzinfo=UTC).replace(tzinfo=None))
    burst = voevent.Burst(mjd=time, sent=time, ra=0, dec=0, radius=3, length="long")
    assert (burst.trigger_id, burst.name) == (719313583, "bn231018389")


@pytest.mark.parametrize("kind", ["kilonova", "SN Ibc"])
def test_bursts_are_as_often_in_their_circles_as_these_say(kind):
    event = an_event(kind=kind, dec=75.0)
    inside, near, typical = [], [], []
    for seed in range(225):
        notice = made(fermi, seed, event)
        off = separation(event.ra, event.dec, notice.ra, notice.dec)
        inside.append(off < notice.parameters["radius_90_deg"])
        near.append(off < notice.parameters["radius_68_deg"])
        typical.append(notice.area_90)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.06)  # three sigma
    # The notice's own radius is statistical only: systematic errors come on top.
    assert 0.3 < np.mean(near) < 0.65
    assert 150 < np.median(typical) < 300


def test_circles_of_errors_grow_with_their_probability():
    errors = fermi.Errors(radius=3.0, systematic=fermi.SYSTEMATIC["long"])
    angles = [errors.angle(share) for share in (0.1, 0.5, 0.68, 0.9, 0.99)]
    assert angles == sorted(angles)
    for share, angle in zip((0.1, 0.5, 0.68, 0.9, 0.99), angles, strict=True):
        assert errors.within(angle) == pytest.approx(share, abs=1e-6)
    alone = fermi.Errors(radius=3.0, systematic=((1.0, 0.0),))
    assert alone.angle(fermi.WITHIN_RADIUS) == pytest.approx(3.0)


def test_mergers_give_short_bursts_and_supernovae_long_ones():
    for kind, length in (("kilonova", "Short"), ("SN Ibc", "Long")):
        root, *_ = read_circle(made(fermi, 3, an_event(kind=kind)).message)
        assert root.find("What/Group/Param[@name='Long_short']").get("value") == length


# --- LVK -------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(RA, DEC, SEEDS)
def test_a_map_covers_the_sky_once_and_adds_up_to_one(ra, dec, seed):
    notice = made(lvk, seed, an_event(ra=ra, dec=dec))
    sky = the_map(content(notice))
    order, number, probability, area = probabilities(sky)
    begins = np.sort(number * 4 ** (29 - order))
    ends = np.sort((number + 1) * 4 ** (29 - order))
    assert begins[0] == 0
    assert ends[-1] == 12 * 4**29
    assert np.array_equal(begins[1:], ends[:-1])
    assert np.all(np.diff(sky["UNIQ"]) > 0)
    assert probability.sum() == pytest.approx(1, abs=1e-9)
    dense = np.argsort(-sky["PROBDENSITY"])
    sums = np.cumsum(probability[dense])
    stated = area[dense][: np.searchsorted(sums, 0.9)].sum()
    assert stated == pytest.approx(notice.area_90, rel=0.05)
    best = dense[0]
    peak = healpix_to_lonlat(number[best], level_to_nside(order[best]), order="nested")
    size = math.sqrt(area[best])
    assert separation(peak[0].deg, peak[1].deg, notice.ra, notice.dec) < size


def test_a_map_has_the_columns_and_the_header_of_lvks():
    notice = made(lvk, 1)
    sky = the_map(content(notice))
    assert sky.colnames == ["UNIQ", "PROBDENSITY", "DISTMU", "DISTSIGMA", "DISTNORM"]
    assert [sky[name].unit for name in sky.colnames[1:]] == [1 / u.sr, u.Mpc, u.Mpc, u.Mpc**-2]
    told = {name: sky.meta[name] for name in ("PIXTYPE", "ORDERING", "COORDSYS", "INDXSCHM")}
    assert told == {
        **{"PIXTYPE": "HEALPIX", "ORDERING": "NUNIQ", "COORDSYS": "C", "INDXSCHM": "EXPLICIT"}
    }
    assert sky.meta["MOCORDER"] == uniq_to_level_ipix(sky["UNIQ"])[0].max()
    assert sky.meta["OBJECT"] == notice.event_id
    assert sky.meta["ORIGIN"] == "simulated"


def test_mergers_are_as_often_in_maps_as_these_say():
    event = an_event(ra=300.0, dec=-70.0)
    levels = np.array(
        [level_of(the_map(content(made(lvk, seed, event))), 300, -70) for seed in range(40)]
    )
    for probability in (0.5, 0.9):
        bound = 3 * math.sqrt(probability * (1 - probability) / len(levels))
        assert np.mean(levels < probability) == pytest.approx(probability, abs=bound)


@given(st.floats(1, 1000), st.floats(0.05, 0.6))
def test_a_distance_is_a_density_with_the_moments_that_it_states(location, part):
    distance = Distance(location=location, scale=part * location)
    grid = np.linspace(0, location * (1 + 12 * part), 20_001)
    heights, step = distance.density(grid), grid[1]
    assert np.sum(heights) * step == pytest.approx(1, rel=1e-4)
    mean = np.sum(heights * grid) * step
    assert distance.mean == pytest.approx(mean, rel=1e-4)
    spread = math.sqrt(np.sum(heights * (grid - mean) ** 2) * step)
    assert distance.deviation == pytest.approx(spread, rel=1e-3)


def test_distances_are_as_often_below_as_distributions_say():
    random = np.random.default_rng(4)
    below = []
    for _ in range(1000):
        distance = distance_around(random, 80.0, 0.25)
        grid = np.linspace(0, 80.0, 2001)
        below.append(np.sum(distance.density(grid)) * grid[1])
    for share in (0.1, 0.5, 0.9):
        assert np.mean(np.array(below) < share) == pytest.approx(share, abs=0.06)


def test_an_event_reads_as_a_significant_merger_of_neutron_stars():
    notice = made(lvk, 1, an_event(mjd=60235.5))
    told = content(notice)
    assert set(told) == {
        *("alert_type", "time_created", "superevent_id", "urls", "event", "external_coinc")
    }
    assert told["superevent_id"] == notice.event_id
    assert notice.event_id.startswith("S231018")
    event = told["event"]
    assert event["significant"]
    assert max(event["classification"], key=event["classification"].get) == "BNS"
    assert sum(event["classification"].values()) == pytest.approx(1)
    assert mjd(datetime.fromisoformat(event["time"])) == pytest.approx(60235.5)
    assert mjd(datetime.fromisoformat(told["time_created"])) == pytest.approx(notice.sent, abs=1e-5)


def test_superevents_are_counted_in_letters():
    names = [lvk.superevent_id(60235.5, number) for number in (0, 25, 26, 51, 701)]
    assert names == ["S231018a", "S231018z", "S231018aa", "S231018az", "S231018zz"]


def test_a_notice_goes_through_kafka():
    largest = max(len(made(lvk, seed).message) for seed in range(8))
    assert largest < 1_000_000  # what a producer sends unless told otherwise


def test_cells_are_fine_where_a_narrow_density_is():
    region = centred(np.random.default_rng(1), 80.0, 30.0, **axes_of(1.0, 1.0))
    order, _ = cells(region)
    assert order.max() == FINEST
    assert len(order) < 20_000


@pytest.mark.parametrize("source", [fermi, lvk])
def test_a_seed_gives_the_same_bytes_and_another_one_others(source):
    one, other, third = (made(source, seed).message for seed in (5, 5, 6))
    assert one == other != third


# --- real notices ----------------------------------------------------------------------------


def real(name):
    parquet = pytest.importorskip("pyarrow.parquet")
    return parquet.read_table(SHARED / name).to_pylist()[0]["raw_event"]


@REAL
def test_a_burst_has_what_a_real_notice_has():
    """The real one is a flight position; ours has no phone and no group of Sun and Moon."""
    theirs = ElementTree.fromstring(real("719313583.parquet"))
    ours, *_ = read_circle(made(fermi, 1).message)
    paths = {path for path, _ in walked(theirs)} - {path for path, _ in walked(ours)}
    assert paths == {"/original_prefix", "/Who/Author/contactPhone", "/What/Group/Description"}
    units = {each.get("name"): each.get("unit") for each in theirs.findall("What/Param")}
    for each in ours.findall("What/Param"):
        assert each.get("unit") == units.get(each.get("name"), each.get("unit"))
    flight = {"Trig_Timescale", "Data_Timescale", "Data_Signif", "SC_Long", "SC_Lat"}
    guesses = {f"{rank}Most_Likely_{what}" for rank in ("", "Sec_") for what in ("Index", "Prob")}
    assert set(units) - set(parameters(ours)) == flight | guesses | {"Hardness_Ratio"}


def walked(element, path=""):
    for child in element:
        yield f"{path}/{child.tag}", child
        yield from walked(child, f"{path}/{child.tag}")


@REAL
def test_an_event_has_what_a_real_notice_has():
    theirs, ours = json.loads(real("fake_gw_gcn.parquet")), content(made(lvk, 1))
    assert set(theirs) == set(ours)
    assert set(theirs["event"]) == set(ours["event"])
    for name in ("properties", "classification"):
        assert set(theirs["event"][name]) == set(ours["event"][name])
    their_map, our_map = the_map(theirs), the_map(ours)
    assert their_map.dtype == our_map.dtype
    assert [their_map[c].unit for c in their_map.colnames] == [
        our_map[c].unit for c in our_map.colnames
    ]
    only_theirs = {"REFERENC", "RUNTIME", "LOGBCI", "LOGBSN", "VCSVERS", "HISTORY"}
    assert set(their_map.meta) - set(our_map.meta) == only_theirs


# --- choice ----------------------------------------------------------------------------------


def a_row(name, kind, begin=None, **more):
    told = {} if begin is None else {"begin_mjd": repr(begin)}
    where = {"ra": 100.0, "dec": 30.0, "redshift": 0.03, "parameters": told}
    return {"object_id": name, "class": kind, **where, **more}


class Sky:
    """Alerts, one a minute, each of a new object; their truth grows as they are given."""

    def __init__(self, *rows, survey="ztf", begin=NIGHT):
        self.coming, self.rows, self.survey, self.begin = rows, [], survey, begin

    def __iter__(self):
        for number, row in enumerate(self.coming):
            self.rows.append(row)
            time = time_on(self.begin + number / 1440, self.survey)
            yield Outgoing("2026-01-15", f"alert {number}".encode(), time)

    def notices(self, *asked, seed=0):
        return notices(asked, iter(self), self.rows, survey=self.survey, seed=seed)


YOUNG = a_row("ZTF26kn", "kilonova", NIGHT - 2)
OTHERS = [a_row(f"ZTF26x{n}", kind) for n, kind in enumerate(["AGN", "RR Lyrae", "SN Ia"])]


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_a_notice_tells_of_the_first_counterpart_before_its_alerts(survey):
    sky = Sky(*OTHERS, YOUNG, a_row("later", "kilonova", NIGHT - 1), survey=survey)
    (notice,) = sky.notices(Asked("lvk", True))
    assert (notice.event.object_id, notice.event.kind) == ("ZTF26kn", "kilonova")
    assert (notice.event.ra, notice.event.dec) == (100.0, 30.0)
    assert notice.event.mjd == NIGHT - 2
    assert notice.event.distance == pytest.approx(luminosity_distance(0.03))
    assert sky.rows[-1] is YOUNG  # nothing is read beyond it
    (sent,) = outgoing([notice], survey=survey)
    whole = list(interleaved(iter(Sky(*OTHERS, YOUNG, survey=survey)), [sent]))
    assert whole[0] == sent
    assert sent.time == pytest.approx(time_on(notice.sent, survey))


def test_notices_of_one_kind_tell_of_different_objects_and_those_of_two_may_share_one():
    sky = Sky(YOUNG, *OTHERS, a_row("second", "kilonova", NIGHT - 1))
    asked = [Asked("lvk", True), Asked("fermi", True), Asked("lvk", True)]
    told = [notice.event.object_id for notice in sky.notices(*asked)]
    assert told == ["ZTF26kn", "ZTF26kn", "second"]


@pytest.mark.parametrize(
    "row",
    [
        a_row("old", "kilonova", NIGHT - YOUNG_DAYS - 1),
        a_row("other", "SN Ia", NIGHT - 1),
    ],
)
def test_old_objects_and_other_classes_are_no_counterparts(row):
    with pytest.raises(NoCounterpartError, match="kilonova"):
        Sky(row).notices(Asked("lvk", True))


def test_only_so_many_alerts_are_looked_at():
    sky = Sky(*OTHERS, YOUNG)
    with pytest.raises(NoCounterpartError):
        search(sky, sky.rows, [Asked("lvk", True)], survey="ztf", limit=3)


def test_a_counterpart_without_a_begin_began_before_it_was_seen():
    (notice,) = Sky(a_row("x", "SN Ibc")).notices(Asked("fermi", True))
    assert NIGHT - 0.1 < notice.event.mjd < NIGHT


@pytest.mark.parametrize(("survey", "edge"), [("ztf", -35.0), ("lsst", 15.0)])
@pytest.mark.parametrize("source", ["fermi", "lvk"])
def test_without_a_counterpart_the_region_is_where_the_survey_never_looks(survey, edge, source):
    for seed in range(8):
        sky = Sky(*OTHERS, survey=survey)
        (notice,) = sky.notices(Asked(source, False), seed=seed)
        assert notice.event.object_id is None
        assert notice.event.mjd < NIGHT
        assert len(sky.rows) == 1
        south = UNWATCHED[survey].dec < 0
        if source == "fermi":
            outer = notice.dec + (1 if south else -1) * 2 * notice.parameters["radius_90_deg"]
            assert outer < edge if south else outer > edge
            continue
        map_ = the_map(content(notice))
        order, number, probability, _ = probabilities(map_)
        _, dec = healpix_to_lonlat(number, level_to_nside(order), order="nested")
        seen = dec.deg > edge if south else dec.deg < edge
        assert probability[seen].sum() < 1e-3


def test_an_empty_place_is_far_from_every_alert():
    taken = [(10.0, 0.0), (200.0, 45.0), (300.0, -80.0)]
    for seed in range(25):
        ra, dec = empty_place(np.random.default_rng(seed), taken, radius=40.0)
        assert min(separation(ra, dec, *other) for other in taken) >= 40
    with pytest.raises(LookupError, match="every place"):
        empty_place(np.random.default_rng(1), [(0, 90), (0, -90)], radius=91)


def test_a_seed_gives_the_same_notices():
    asked = [Asked("lvk", False), Asked("fermi", True), Asked("fermi", False)]
    one, other, third = (Sky(*OTHERS, YOUNG).notices(*asked, seed=seed) for seed in (1, 1, 2))
    assert [n.message for n in one] == [n.message for n in other]
    assert all(a.message != b.message for a, b in zip(one, third, strict=True))


@given(st.floats(42000, 80000), st.sampled_from(["ztf", "lsst"]))
def test_times_go_there_and_back(time, survey):
    assert mjd_of(time_on(time, survey), survey) == pytest.approx(time, abs=1e-8)


# --- the stream ------------------------------------------------------------------------------

TIMES = st.lists(st.floats(0, 100), max_size=20)


@given(TIMES, TIMES)
def test_all_alerts_and_notices_are_sent_each_in_its_order(alerts, among):
    stream = [Outgoing("n", b"alert", time) for time in alerts]
    others = [Outgoing("n", b"notice", time, "topic") for time in sorted(among)]
    whole = list(interleaved(stream, others))
    assert [each for each in whole if each.topic is None] == stream
    assert [each for each in whole if each.topic] == others
    for position, each in enumerate(whole):
        if each.topic:
            assert all(a.topic or a.time < each.time for a in whole[:position])


def test_truth_names_the_counterpart(tmp_path):
    from deltalake import DeltaTable

    made_here = Sky(YOUNG).notices(Asked("lvk", True), Asked("fermi", False))
    write_truth(made_here, tmp_path / "truth_notices", survey="ztf")
    write_truth([], tmp_path / "nothing", survey="ztf")
    assert not (tmp_path / "nothing").exists()
    rows = DeltaTable(tmp_path / "truth_notices").to_pyarrow_table().to_pylist()
    assert table(made_here, survey="ztf").schema == schema()
    assert [(row["source"], row["counterpart"], row["class"]) for row in rows] == [
        ("lvk", "ZTF26kn", "kilonova"),
        ("fermi", None, None),
    ]
    assert rows[0]["topic"] == "igwn.gwalert"
    assert (rows[0]["event_ra"], rows[1]["event_ra"]) == (100.0, None)
    assert dict(rows[1]["parameters"])["radius_90_deg"] > 0


def test_an_archive_keeps_notices_apart_from_alerts(tmp_path):
    sky = Sky(YOUNG, *OTHERS)
    among = outgoing(sky.notices(Asked("fermi", True), Asked("lvk", True)), survey="ztf")
    whole = list(interleaved(iter(Sky(YOUNG, *OTHERS)), among))
    report = archive.write(whole, tmp_path / "night")
    assert set(report.topics) == {fermi.TOPIC, lvk.TOPIC, "ztf_20260115_programid1"}
    assert list(archive.read(tmp_path / "night")) == whole
    assert len(list((tmp_path / "night").rglob("*.avro"))) == 4
    assert len(list((tmp_path / "night").rglob("*.notice"))) == 2
