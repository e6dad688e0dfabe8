"""Who fails again and again is left alone for a while."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.services.breaker import Breaker


def failing(breaker, times, now=0.0):
    for _ in range(times):
        assert breaker.enter(now)
        breaker.failed(now)


def test_it_opens_after_so_many_failures_in_a_row_and_lets_nobody_through():
    breaker = Breaker(failures=3, pause_seconds=60)
    failing(breaker, 2)
    assert breaker.state(0) == "closed"
    failing(breaker, 1)
    assert breaker.state(59.9) == "open"
    assert not breaker.enter(59.9)


def test_a_success_between_failures_starts_the_count_anew():
    breaker = Breaker(failures=3)
    failing(breaker, 2)
    breaker.enter(0)
    breaker.succeeded()
    failing(breaker, 2)
    assert breaker.state(0) == "closed"


def test_after_the_pause_one_trial_is_let_through_at_a_time():
    breaker = Breaker(failures=1, pause_seconds=60)
    failing(breaker, 1)
    assert breaker.state(60) == "half-open"
    assert [breaker.enter(60), breaker.enter(60)] == [True, False]


def test_a_good_trial_closes_it_and_a_bad_one_opens_it_for_another_pause():
    for good, state in ((True, "closed"), (False, "open")):
        breaker = Breaker(failures=5, pause_seconds=60)
        failing(breaker, 5)
        assert breaker.enter(61)
        breaker.succeeded() if good else breaker.failed(61)
        assert breaker.state(120) == state
    assert breaker.state(121) == "half-open"


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 40)), max_size=60),
    st.integers(1, 4),
)
def test_never_more_than_so_many_failures_in_a_row_without_a_pause(exchanges, most):
    breaker, now, failures = Breaker(failures=most, pause_seconds=100), 0.0, []
    for good, wait in exchanges:
        now += wait
        if not breaker.enter(now):
            continue
        if good:
            breaker.succeeded()
            failures.clear()
        else:
            breaker.failed(now)
            failures.append(now)
        if len(failures) > most:
            assert failures[-1] - failures[-2] >= 100


@pytest.mark.parametrize("count", [1, 5])
def test_a_new_one_is_closed(count):
    assert Breaker(failures=count).state(0) == "closed"
