"""Give an alert one label of several that may apply, for modules of every survey.

How labels are combined; which labels there are belongs to the modules.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fink_assets.raw2science.module import Column
from fink_assets.raw2science.modules.conditions import known_to_hold

UNKNOWN, AMBIGUOUS = "Unknown", "Ambiguous"


@dataclass(frozen=True, kw_only=True)
class Label:
    """A label that an alert may get.

    Parameters
    ----------
    name : str
        What the alert is called.
    condition : str
        Spark SQL condition; a label of which nothing is known is not given.
    inputs, after : sequence of str
        What the condition reads, as a module declares it.
    disputable : bool
        Whether two labels of this kind contradict each other.
    """

    name: str
    condition: str
    inputs: Sequence[str]
    after: Sequence[str] = ()
    disputable: bool = False


def label_column(labels: Sequence[Label]) -> Column:
    """Declare the label of an alert, where SIMBAD's type overrules others."""
    names = ", ".join(label.name for label in labels)
    disputes = any(label.disputable for label in labels)
    ambiguous = f"; {AMBIGUOUS} if two contradict each other" if disputes else ""
    return Column(
        name="label",
        type="string",
        doc=f"What the alert is called: {names}{ambiguous}; {UNKNOWN} without any; SIMBAD's type "
        "where it has one.",
        ucd="meta.code.class;src.class",
    )


def one_of(labels: Sequence[Label], *, identified: str = "null") -> str:
    """Write the Spark SQL expression of the label of an alert.

    Parameters
    ----------
    labels : sequence of Label
        In the order of preference, the least preferred first.
    identified : str
        Spark SQL expression of a label that overrules all others, null where there is none.
    """
    disputed = " + ".join(
        f"int({known_to_hold(label.condition)})" for label in labels if label.disputable
    )
    cases = [f"when {disputed} > 1 then '{AMBIGUOUS}'"] if disputed else []
    cases += [
        f"when {known_to_hold(label.condition)} then '{label.name}'" for label in reversed(labels)
    ]
    return f"coalesce({identified}, case {' '.join(cases)} else '{UNKNOWN}' end)"


def inputs_of(labels: Sequence[Label]) -> tuple[str, ...]:
    """List what the conditions of labels read, each once."""
    return tuple(dict.fromkeys(path for label in labels for path in label.inputs))


def after_of(labels: Sequence[Label]) -> tuple[str, ...]:
    """List the modules whose values labels read, each once."""
    return tuple(dict.fromkeys(name for label in labels for name in label.after))
