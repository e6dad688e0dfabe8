"""Plans of a stream that grows, loses its oldest messages and loses whole topics."""

from hypothesis import given
from hypothesis import strategies as st

from fink_assets.lake.ledger import Plan
from fink_assets.stream2raw.batches import begins, next_plan, waiting
from resources.kafka import Watermarks

START = Plan(batch=-1, ranges=())
PARTITIONS = (("a", 0), ("a", 1), ("b", 0))
GROWTH = st.lists(st.tuples(*[st.integers(0, 300)] * len(PARTITIONS)), min_size=1, max_size=8)


def marks(highs, lows=(0, 0, 0)):
    return [
        Watermarks(topic, partition, low, high)
        for (topic, partition), low, high in zip(PARTITIONS, lows, highs, strict=True)
    ]


def planned(plan):
    return [(r.topic, r.partition, o) for r in plan.ranges for o in range(r.start, r.end)]


def drained(state, last, most):
    """Plans until nothing waits."""
    plans = []
    while plan := next_plan(state, last, most=most):
        plans.append(plan)
        last = plan
    return plans


@given(growth=GROWTH, most=st.integers(1, 200))
def test_every_offset_is_planned_exactly_once_while_kafka_grows(growth, most):
    highs, last, plans = (0, 0, 0), START, []
    for more in growth:
        highs = tuple(high + add for high, add in zip(highs, more, strict=True))
        if plan := next_plan(marks(highs), last, most=most):
            plans.append(plan)
            last = plan
    plans += drained(marks(highs), last, most)
    found = [offset for plan in plans for offset in planned(plan)]
    assert len(found) == len(set(found))
    assert set(found) == {
        (*at, o) for at, h in zip(PARTITIONS, highs, strict=True) for o in range(h)
    }
    assert [plan.batch for plan in plans] == list(range(len(plans)))


@given(highs=GROWTH.map(lambda growth: growth[0]), most=st.integers(1, 200))
def test_a_batch_exceeds_its_size_by_less_than_the_number_of_partitions(highs, most):
    for plan in drained(marks(highs), START, most):
        assert 0 < plan.offsets < most + len(PARTITIONS)
        assert plan.offsets == len(planned(plan))


def test_a_batch_is_shared_in_proportion_to_what_waits():
    plan = next_plan(marks((900, 90, 10)), START, most=100)
    assert [r.end - r.start for r in plan.ranges] == [90, 9, 1]


def test_no_plan_is_made_where_nothing_waits():
    assert next_plan([], START, most=10) is None
    assert next_plan(marks((0, 0, 0)), START, most=10) is None
    last = next_plan(marks((3, 3, 3)), START, most=10)
    assert next_plan(marks((3, 3, 3)), last, most=10) is None


@given(highs=GROWTH.map(lambda growth: growth[0]), most=st.integers(1, 200))
def test_what_waits_is_what_the_next_plans_read(highs, most):
    plans = drained(marks(highs), START, most)
    assert waiting(marks(highs), {}) == sum(highs) == sum(plan.offsets for plan in plans)
    assert waiting(marks(highs), dict(plans[-1].cursor) if plans else {}) == 0


def test_a_batch_with_nothing_before_it_begins_however_small_it_is():
    plan = next_plan(marks((1, 0, 0)), START, most=10)
    assert begins(plan, ahead=0, most=10)
    assert begins(plan, ahead=-3, most=10)  # a batch that is held back


@given(highs=GROWTH.map(lambda growth: growth[0]), most=st.integers(1, 200))
def test_only_a_batch_that_is_a_quarter_full_is_prepared_while_one_is_sent(highs, most):
    plan = next_plan(marks(highs), START, most=most)
    if plan:
        assert begins(plan, ahead=1, most=most) == (4 * sum(highs) >= most)
        assert not begins(plan, ahead=2, most=most)


def test_offsets_gone_before_they_were_read_are_counted_once():
    last = next_plan(marks((10, 0, 0)), START, most=100)
    plan = next_plan(marks((50, 0, 0), lows=(30, 0, 0)), last, most=100)
    (found,) = plan.ranges
    assert (found.start, found.end, found.lost) == (30, 50, 20)
    assert next_plan(marks((50, 0, 0), lows=(30, 0, 0)), plan, most=100) is None


def test_offsets_gone_from_a_partition_that_is_now_empty_are_counted_too():
    last = next_plan(marks((10, 0, 0)), START, most=100)
    plan = next_plan(marks((40, 0, 0), lows=(40, 0, 0)), last, most=100)
    assert plan.offsets == 0
    assert sum(r.lost for r in plan.ranges) == 30
    assert next_plan(marks((40, 0, 0), lows=(40, 0, 0)), plan, most=100) is None


def test_what_kafka_had_dropped_before_the_first_plan_is_not_lost():
    plan = next_plan(marks((50, 0, 0), lows=(30, 0, 0)), START, most=100)
    assert sum(r.lost for r in plan.ranges) == 0
    assert plan.offsets == 20


def test_a_topic_made_anew_is_read_from_its_start():
    last = next_plan(marks((100, 0, 0)), START, most=1000)
    plan = next_plan(marks((7, 0, 0)), last, most=1000)
    assert planned(plan) == [("a", 0, offset) for offset in range(7)]
    assert sum(r.lost for r in plan.ranges) == 0


def test_a_topic_made_anew_and_seen_empty_loses_nothing_when_it_grows_past_its_old_end():
    """It was read from its old position on once the new topic had more messages than the old."""
    last = next_plan(marks((100, 0, 0)), START, most=1000)
    for seen in ((0, 0, 0), (0, 5, 0)):
        empty = next_plan(marks(seen), last, most=1000)
        grown = next_plan(marks((150, *seen[1:])), empty, most=1000)
        assert planned(grown) == [("a", 0, offset) for offset in range(150)]


def test_a_partition_added_to_a_topic_is_read_from_its_start():
    last = next_plan([Watermarks("a", 0, 0, 5)], START, most=10)
    plan = next_plan([Watermarks("a", 0, 0, 5), Watermarks("a", 1, 0, 3)], last, most=10)
    assert planned(plan) == [("a", 1, 0), ("a", 1, 1), ("a", 1, 2)]


def test_the_cursor_does_not_grow_with_topics_that_are_gone():
    last = START
    for night in range(20):
        at = [Watermarks(f"night{night}", 0, 0, 4), Watermarks(f"night{night + 1}", 0, 0, 0)]
        last = next_plan(at, last, most=10)
        assert planned(last) == [(f"night{night}", 0, offset) for offset in range(4)]
    assert set(last.cursor) == {"night19:0", "night20:0"}


def test_a_topic_made_anew_that_has_outgrown_its_old_position_is_read_from_its_start():
    """Its offsets alone look like those of the old topic with some more messages."""
    last = next_plan([Watermarks("night", 0, 0, 10, "old")], Plan(batch=-1, ranges=()), most=100)
    again = next_plan([Watermarks("night", 0, 0, 25, "new")], last, most=100)
    assert [(r.start, r.end, r.lost) for r in again.ranges] == [(0, 25, 0)]
    assert waiting([Watermarks("night", 0, 0, 25, "new")], dict(again.cursor)) == 0


def test_a_leader_that_has_not_caught_up_makes_nothing_be_read_again():
    last = next_plan([Watermarks("night", 0, 0, 10, "same")], Plan(batch=-1, ranges=()), most=100)
    behind = [Watermarks("night", 0, 0, 7, "same")]
    assert next_plan(behind, last, most=100) is None
    assert waiting(behind, dict(last.cursor)) == 0
