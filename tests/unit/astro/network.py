"""The network of two branches by its definition: whole padded sequences, step by step."""

import numpy as np

from fink_assets.astro.convolutional_recurrent import BLOCKS

FEATURES, CLASSES = 3, 4
CHANNELS, SQUEEZED, UNITS, HIDDEN = (4, 5, 6), (2, 2, 3), (2, 3), 7


def weights(seed):
    """Draw weights."""
    draw = np.random.default_rng(seed)
    found, given_channels = {}, FEATURES
    for n, (channels, squeezed) in enumerate(zip(CHANNELS, SQUEEZED, strict=True)):
        found |= {
            f"convolution{n}_weight": draw.normal(size=(2, given_channels, channels)),
            f"convolution{n}_bias": draw.normal(size=channels),
            f"normalisation{n}_scale": draw.normal(size=channels),
            f"normalisation{n}_offset": draw.normal(size=channels),
            f"normalisation{n}_mean": draw.normal(size=channels),
            f"normalisation{n}_variance": draw.uniform(1, 9, size=channels),
            f"squeeze{n}": draw.normal(size=(channels, squeezed)),
            f"excite{n}": draw.normal(size=(squeezed, channels)),
        }
        given_channels = channels
    for n, units in enumerate(UNITS):
        taken = FEATURES if n == 0 else 2 * UNITS[0]
        for way in ("forward", "backward"):
            found |= {
                f"lstm{n}_{way}_weight": draw.normal(size=(taken, 4 * units)),
                f"lstm{n}_{way}_recurrent": draw.normal(size=(units, 4 * units)),
                f"lstm{n}_{way}_bias": draw.normal(size=4 * units),
            }
    both = 2 * UNITS[1] + CHANNELS[-1]
    found |= {"hidden_weight": draw.normal(size=(both, HIDDEN)), "hidden_bias": np.ones(HIDDEN)}
    found |= {
        "output_weight": draw.normal(size=(HIDDEN, CLASSES)) / 4,
        "output_bias": draw.normal(size=CLASSES),
    }
    return {name: values.astype(np.float32) for name, values in found.items()}


def double(w):
    """The same weights in double precision."""
    return {name: values.astype(float) for name, values in w.items() if values.dtype.kind == "f"}


def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


def block(steps, w, n):
    first, second = w[f"convolution{n}_weight"]
    after = [*steps[1:], np.zeros_like(steps[0])]
    found = []
    for here, following in zip(steps, after, strict=True):
        value = here @ first + following @ second + w[f"convolution{n}_bias"]
        value = (value - w[f"normalisation{n}_mean"]) / np.sqrt(
            w[f"normalisation{n}_variance"] + 0.001
        )
        value = value * w[f"normalisation{n}_scale"] + w[f"normalisation{n}_offset"]
        found.append(value * sigmoid(value))
    mean = np.mean(found, axis=0)
    factor = sigmoid(np.maximum(mean @ w[f"squeeze{n}"], 0) @ w[f"excite{n}"])
    return [value * factor for value in found]


def lstm(steps, w, name):
    units = len(w[f"{name}_recurrent"])
    hidden, memory, outputs = np.zeros(units), np.zeros(units), []
    for step in steps[::-1] if name.endswith("backward") else steps:
        gates = step @ w[f"{name}_weight"] + hidden @ w[f"{name}_recurrent"] + w[f"{name}_bias"]
        i, f, c, o = np.split(gates, 4)
        memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(c)
        hidden = sigmoid(o) * np.tanh(memory)
        outputs.append(hidden)
    return outputs[::-1] if name.endswith("backward") else outputs


def by_definition(sequence, w, *, length, padding):
    """Probability of each class, in double precision."""
    w = double(w)
    steps = [np.array(step, dtype=float) for step in [*sequence, *[padding] * length][:length]]
    blocks = steps
    for n in range(BLOCKS):
        blocks = block(blocks, w, n)
    both = zip(lstm(steps, w, "lstm0_forward"), lstm(steps, w, "lstm0_backward"), strict=True)
    inner = [np.concatenate(pair) for pair in both]
    last = [lstm(inner, w, "lstm1_forward")[-1], lstm(inner, w, "lstm1_backward")[0]]
    hidden = np.concatenate([*last, np.max(blocks, axis=0)]) @ w["hidden_weight"] + w["hidden_bias"]
    hidden = np.where(hidden > 0, hidden, 0.3 * hidden)
    scores = hidden @ w["output_weight"] + w["output_bias"]
    odds = np.exp(scores - scores.max())
    return odds / odds.sum()
