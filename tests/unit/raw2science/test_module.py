"""What a declaration of a science module must say, and the order in which modules run."""

from dataclasses import dataclass, replace

import pytest

from fink_assets.lake.contracts import SCIENCE
from fink_assets.raw2science.declared import is_type
from fink_assets.raw2science.module import Column, Golden, ScienceModule, science_module
from fink_assets.raw2science.order import ordered, passes
from fink_assets.raw2science.taken import OURS, names_taken
from fink_assets.surveys import SURVEYS

SCORE = Column(name="score", type="double", doc="A number.")


def module(name, *needs, expressions=None, applies="true"):
    return ScienceModule(
        name=name,
        survey="ztf",
        version="1.0.0",
        owners=("team:tests",),
        inputs=("candidate.magpsf",),
        outputs=(SCORE,),
        needs=needs,
        applies=applies,
        doc="Give a number.",
        function=None if expressions else len,
        expressions=expressions or {},
    )


def names(modules):
    return [m.name for m in modules]


def test_a_module_runs_after_those_it_needs_whatever_the_order_they_are_listed_in():
    modules = [module("a", "d"), module("b", "a", "c"), module("c"), module("d", "c")]
    for listed in (modules, modules[::-1]):
        assert names(ordered(listed)) == ["c", "d", "a", "b"]


def test_a_circle_of_needs_is_refused_and_its_members_are_named():
    with pytest.raises(ValueError, match=r"circle: \['a', 'b'\]"):
        ordered([module("a", "b"), module("b", "a"), module("c")])
    with pytest.raises(ValueError, match="circle"):
        ordered([module("a", "a")])


def test_a_module_that_is_needed_must_exist_or_have_run_before():
    with pytest.raises(ValueError, match=r"need \['gone'\], which do not exist"):
        ordered([module("a", "gone")])
    assert names(ordered([module("a", "gone")], present=["gone", "candidate"])) == ["a"]


def test_python_modules_share_a_pass_and_spark_ones_go_where_their_needs_allow():
    one = {"score": "1"}
    modules = ordered(
        [
            module("before", expressions=one),
            module("python", "before"),
            module("other"),
            module("after", "python", expressions=one),
            module("last", "after"),
        ]
    )
    assert [names(group) for group in passes(modules)] == [
        ["before"],
        ["other", "python"],
        ["after"],
        ["last"],
    ]
    assert list(passes([])) == []


def test_a_module_whose_condition_reads_another_waits_for_the_next_pass():
    modules = [
        module("first"),
        module("first_of_all"),
        module("asking", "first", applies="not (first.score <=> 3)"),
        module("needing", "first", applies="first_of_all.score > 1"),
        module("last", "asking"),
    ]
    assert [names(group) for group in passes(ordered(modules))] == [
        ["first", "first_of_all", "needing"],
        ["asking", "last"],
    ]


REFUSED = {
    "no outputs": ({"outputs": ()}, "outputs must be named"),
    "an output twice": ({"outputs": (SCORE, SCORE)}, "each once"),
    "no docstring": ({"doc": "  "}, "needs a docstring"),
    "an input without its group": ({"inputs": ("magpsf",)}, "group.column"),
    "an expression too few": ({"expressions": {"other": "1"}}, "are not the outputs"),
    "a version that cannot be compared": ({"version": "1"}, "not of the form 1.2.3"),
    "a type that Spark has not": (
        {"outputs": (replace(SCORE, type="number"),)},
        "score has the type 'number'",
    ),
    "a status that there is not": ({"golden": (Golden(alert=1, status="fine"),)}, "'fine'"),
    "an expected value of no output": (
        {"golden": (Golden(alert=1, expected={"scor": 1}),)},
        r"expects \['scor'\]",
    ),
    "an expression too many": ({"expressions": {"score": "1", "x": "1"}}, "are not the outputs"),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_a_declaration_that_could_only_fail_at_night_is_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        replace(module("odd"), **change)


@pytest.mark.parametrize(
    "kind", ["array<array<double>>", "map<string, struct<a: int, b: array<string>>>", "date"]
)
def test_types_of_outputs_may_be_nested(kind):
    assert is_type(kind)


@pytest.mark.parametrize(
    "kind", ["", "array<>", "array<number>", "struct<int>", "list<int>", "INT8"]
)
def test_what_spark_has_no_name_for_is_no_type(kind):
    assert not is_type(kind)


def test_all_that_is_wrong_with_a_declaration_is_said_at_once():
    with pytest.raises(ValueError, match=r"odd: .*1\.2\.3.*docstring.*group\.column"):
        replace(module("odd"), version="one", doc="", inputs=("magpsf",))


def test_a_declared_function_is_a_module_with_its_own_version():
    @science_module(
        survey="ztf",
        version="2.1.0",
        owners=["team:tests"],
        inputs=("candidate.magpsf",),
        outputs=(SCORE,),
    )
    def bright(alerts):
        """Give a number."""

    assert bright.name == "bright"
    assert bright.doc == "Give a number."
    assert bright.type == "struct<score: double>"
    version, digest = bright.code_version.split("+")
    assert version == "2.1.0"
    assert len(digest) == 8
    assert replace(bright, source="other").code_version != bright.code_version


def test_a_function_without_a_parameter_gives_expressions():
    @science_module(
        survey="ztf", version="1.0.0", owners=["team:tests"], inputs=("a.b",), outputs=(SCORE,)
    )
    def computed():
        """Give a number."""
        return {"score": "a.b + 1"}

    assert computed.function is None
    assert computed.expressions == {"score": "a.b + 1"}


@dataclass(frozen=True)
class Held:
    digest: str
    key: tuple[str, str] = ("catalogues", "held")

    def missing(self):
        return ""


def test_another_content_of_its_data_is_another_version_of_a_module():
    versions = [
        replace(module("a"), data=data).code_version
        for data in ((), (Held("1"),), (Held("2"),), (Held("2"), Held("1")))
    ]
    assert len(set(versions)) == 4
    assert {version.partition("+")[0] for version in versions} == {"1.0.0"}


def test_expressions_of_spark_have_no_data():
    with pytest.raises(ValueError, match="read no data beside alerts"):
        replace(module("a", expressions={"score": "1"}), data=(Held("1"),))


@pytest.mark.parametrize("name", ["history", "candidate", "prv_candidates", "night", "services"])
def test_a_module_that_would_hide_a_column_is_refused(name):
    """Regression: its outputs stood in the way of what all others read, and no alert went on."""
    with pytest.raises(ValueError, match=f"{name}: this is the name of a column"):
        module(name)


def test_every_column_of_science_and_of_packets_is_taken():
    assert {column.name for column in SCIENCE} <= OURS
    for survey in SURVEYS.values():
        assert {survey.current, *survey.kept} <= names_taken(survey.name)
