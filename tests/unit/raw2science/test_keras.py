"""Archives of Keras: only the architecture that is known here is read."""

import io
import json
import zipfile

import pytest

from fink_assets.raw2science.models import convert, keras


def layer(kind, name, inputs=(), **settings):
    places = [[[given, 0, 0, {}] for given in inputs]] if inputs else []
    return {"class_name": kind, "name": name, "config": settings, "inbound_nodes": places}


LSTM = {
    "class_name": "LSTM",
    "config": {
        "units": 7,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "return_sequences": True,
        "go_backwards": False,
    },
}
LAYERS = [
    layer("InputLayer", "a", batch_input_shape=[None, 395, 4]),
    layer("Bidirectional", "b", ["a"], merge_mode="concat", layer=LSTM),
    layer("Dropout", "c", ["b"], rate=0.5),
    layer("Dense", "d", ["c"], units=5, activation="softmax", use_bias=True),
]


def archive(layers, output="d"):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as members:
        network = {"layers": layers, "output_layers": [[output, 0, 0]]}
        members.writestr("config.json", json.dumps({"config": network}))
    return content.getvalue()


def test_a_network_is_written_from_its_output_to_its_input_without_what_training_needs():
    with zipfile.ZipFile(io.BytesIO(archive(LAYERS))) as members:
        assert keras.described(members) == (
            "Dense 5 softmax True(concat LSTM 7 tanh sigmoid True False("
            "InputLayer [None, 395, 4]()))"
        )


def test_a_network_of_another_architecture_is_refused():
    with pytest.raises(convert.UnexpectedModelError, match="layers: Dense 5 softmax"):
        convert.keras_network({"a.keras": archive(LAYERS)}, ["time", "flux", "error", "band"])


def test_the_known_architecture_tells_each_size_it_depends_on():
    known = keras.expected(395, 4, 5)
    assert known.startswith("Dense 5 softmax True(LeakyReLU 0.3")
    for part in ("[None, 395, 4]", "Conv1D 256 [2] [1] same", "LSTM 150", "Dense 16 relu False"):
        assert part in known
    assert len({keras.expected(*sizes) for sizes in ((395, 4, 5), (394, 4, 5), (395, 3, 5))}) == 3


def test_each_weight_has_a_place_of_its_own():
    places = keras._places()
    assert len(set(places.values())) == len(places) == 40
    assert places["excite2"] == ("dense_5", 0)
    assert places["lstm1_backward_bias"] == ("bidirectional_1/backward_layer/cell", 2)
