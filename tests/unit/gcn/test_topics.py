"""To which topics a match goes, and when it goes again."""

from hypothesis import given
from hypothesis import strategies as st

from fink_assets.gcn.tiers import BRONZE, BURSTS, GOLD, MERGERS, SILVER
from fink_assets.gcn.topics import DOCS, Match, books, due, filters_of, topic

TIERS = (BRONZE, SILVER, GOLD)
ONE = Match(1, "Fermi:1", "first", SILVER)
MATCHES = st.builds(
    Match,
    st.integers(1, 3),
    st.sampled_from(["Fermi:1", "LVK:S1"]),
    st.sampled_from(["first", "second"]),
    st.sampled_from(TIERS),
)
NOW = st.lists(MATCHES, unique_by=lambda m: (m.alert_id, m.notice_id))
"""An alert and an event have one association."""


def test_the_topics_are_those_of_finks_client():
    from fink_client.configuration import mm_topic_names

    assert {topic(name) for name in DOCS} == set(mm_topic_names())


def test_a_tier_goes_to_its_topic_and_to_those_below_it():
    for observatory in BURSTS:
        assert filters_of(observatory, BRONZE) == ("grb_bronze",)
        assert filters_of(observatory, SILVER) == ("grb_bronze", "grb_silver")
        assert filters_of(observatory, GOLD) == ("grb_bronze", "grb_silver", "grb_gold")
    for observatory in MERGERS:
        assert filters_of(observatory, BRONZE) == ("gw_bronze",)
    assert filters_of("Somebody", GOLD) == ()


def test_a_new_match_is_due():
    assert due([ONE], []) == [ONE]


def test_a_new_revision_is_due_if_it_changes_the_tier_and_only_then():
    assert due([ONE._replace(revision="second")], [ONE]) == []
    for tier in (BRONZE, GOLD):
        changed = ONE._replace(revision="second", tier=tier)
        assert due([changed], [ONE]) == [changed]
        back = ONE._replace(revision="third")
        assert due([back], [ONE, changed]) == [back]


def test_what_was_sent_is_not_due_again_although_another_tier_was_sent_since():
    assert due([ONE], [ONE, ONE._replace(tier=GOLD)]) == []


@given(st.lists(NOW, max_size=5))
def test_nothing_is_ever_sent_twice_and_a_repeated_run_sends_nothing(runs):
    sent = []
    for now in runs:
        sent += due(now, sent)
        assert due(now, sent) == []
    assert len(sent) == len(set(sent))


@given(st.lists(NOW, max_size=5))
def test_the_books_balance_after_every_run(runs):
    sent, planned = [], []
    for now in runs:
        new = due(now, sent)
        sent += new
        planned += [(m, observatory(m)) for m in new]
        delivered = [(m, name) for m, seen in planned for name in filters_of(seen, m.tier)]
        found = books([(m, observatory(m)) for m in now], planned, delivered)
        assert found["wrong"] == 0


def observatory(match):
    return match.notice_id.partition(":")[0]


def test_the_books_show_what_is_missing_unsent_unexpected_and_twice():
    mine, bronze, silver = (ONE, "Fermi"), (ONE, "grb_bronze"), (ONE, "grb_silver")
    none = {"missing": 0, "planned and not sent": 0, "sent and not planned": 0, "twice": 0}

    def found(*given):
        return {name: number for name, number in books(*given).items() if name in none}

    assert found([mine], [mine], [bronze, silver]) == none
    assert found([mine], [], []) == {**none, "missing": 2}
    assert found([mine], [mine], [bronze]) == {**none, "missing": 1, "planned and not sent": 1}
    assert found([], [mine], [bronze, silver, silver]) == {**none, "twice": 1}
    assert found([], [], [bronze]) == {**none, "sent and not planned": 1}
