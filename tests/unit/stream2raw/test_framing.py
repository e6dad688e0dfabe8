import contextlib
import json
import random
from io import BytesIO

import fastavro
import messages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.simulator.avro import long_bytes
from fink_assets.stream2raw import framing
from fink_assets.stream2raw.framing import (
    EMPTY,
    NO_DATUM,
    NOT_A_CONTAINER,
    NOT_CONFLUENT,
    NOT_ONE_ALERT,
    TRUNCATED,
    FramingError,
    confluent,
    confluent_schema,
    container,
    container_schema,
    fingerprint,
)

SYNC = bytes(range(100, 116))
HEADER = messages.message(1)[: container(messages.message(1)).header]


def wrapped(datum, header=HEADER, sync=SYNC):
    return b"".join((header, sync, b"\x02", long_bytes(len(datum)), datum, sync))


def bytes_of(size, seed):
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("message", messages.sample(), ids=range(len(messages.sample())))
def test_a_real_message_is_split_as_the_survey_wrote_it(message):
    frame = container(message)
    blocks = fastavro.block_reader(BytesIO(message))
    assert frame.header == message.index(message[-16:])
    assert message[frame.begin : frame.end] == next(blocks).bytes_.getvalue()
    written = json.loads(blocks.metadata["avro.schema"])
    assert container_schema(message[: frame.header]) == written


@given(size=st.integers(0, 200_000), seed=st.integers(0, 100))
def test_a_datum_of_any_size_is_found(size, seed):
    datum = bytes_of(size, seed)
    message = wrapped(datum)
    frame = container(message)
    assert frame.header == len(HEADER)
    assert message[frame.begin : frame.end] == datum


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 8191, 8192, 8193, 1_048_575, 1_048_576])
def test_a_size_at_the_border_of_its_number_of_digits_is_read(size):
    frame = container(wrapped(bytes(size)))
    assert frame.end - frame.begin == size


@given(seed=st.integers(0, 100), size=st.integers(0, 5000), cut=st.integers(1, 25_000))
def test_a_message_cut_short_anywhere_is_refused(seed, size, cut):
    message = wrapped(bytes_of(size, seed))
    with pytest.raises(FramingError):
        container(message[: -min(cut, len(message))])


@given(value=st.integers(0, 255), size=st.integers(0, 300), cut=st.integers(1, 400))
def test_a_cut_message_whose_pixels_are_all_equal_is_refused(value, size, cut):
    """Its last 16 bytes stand elsewhere too, and may look like a marker with a block after it."""
    message = wrapped(bytes([value]) * size)
    with pytest.raises(FramingError):
        container(message[: -min(cut, size + 16)])


@given(datum=st.binary(max_size=200), at=st.integers(0), bit=st.integers(0, 7))
@settings(max_examples=300)
def test_a_flipped_bit_outside_the_datum_never_gives_another_datum(datum, at, bit):
    message = wrapped(datum)
    whole = container(message)
    outside = [*range(whole.begin), *range(whole.end, len(message))]
    damaged = bytearray(message)
    damaged[outside[at % len(outside)]] ^= 1 << bit
    with contextlib.suppress(FramingError):
        assert container(bytes(damaged)) == whole


@given(junk=st.binary(max_size=500))
def test_garbage_is_refused(junk):
    with pytest.raises(FramingError):
        container(junk)
    with pytest.raises(FramingError):
        container(framing.MAGIC + junk)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", EMPTY),
        (b"hello", NOT_A_CONTAINER),
        (b"Obj\x01", TRUNCATED),
        (messages.truncated(), TRUNCATED),
        (messages.two_alerts(), NOT_ONE_ALERT),
        (wrapped(b"x") + b"y", TRUNCATED),
    ],
)
def test_a_refusal_says_what_is_wrong(message, reason):
    with pytest.raises(FramingError, match=f"^{reason}$"):
        container(message)


def test_the_marker_inside_the_datum_does_not_mislead():
    datum = b"a" + SYNC + b"b"
    frame = container(wrapped(datum))
    assert wrapped(datum)[frame.begin : frame.end] == datum


def test_a_header_without_a_schema_says_that_it_is_unreadable():
    message = messages.unreadable()
    with pytest.raises(ValueError, match="unreadable header"):
        container_schema(message[: container(message).header])


def test_a_compressed_message_is_framed_and_its_codec_refused():
    message = messages.compressed()
    with pytest.raises(ValueError, match="codec deflate"):
        container_schema(message[: container(message).header])


def test_messages_of_one_writer_share_a_fingerprint_and_those_of_two_do_not():
    def of(message):
        return fingerprint(message[: container(message).header])

    assert of(messages.message(1)) == of(messages.message(2))
    assert of(messages.message(1)) != of(messages.message(1, "3.3"))
    assert len(of(messages.message(1))) == 64


def test_a_message_in_confluents_wire_format_is_an_id_and_a_datum():
    message = b"\x00\x00\x00\x03\x84datum"
    frame = confluent(message)
    assert message[frame.begin : frame.end] == b"datum"
    assert (
        confluent_schema(message[: frame.header], {900: "the schema"}.__getitem__) == "the schema"
    )


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", EMPTY),
        (b"\x01\x00\x00\x03\x84datum", NOT_CONFLUENT),
        (messages.message(1), NOT_CONFLUENT),
        (b"\x00", NO_DATUM),
        (b"\x00\x00\x00\x03", NO_DATUM),
        (b"\x00\x00\x00\x03\x84", NO_DATUM),
    ],
)
def test_a_message_that_is_not_in_confluents_wire_format_is_refused_with_the_reason(
    message, reason
):
    with pytest.raises(FramingError) as problem:
        confluent(message)
    assert str(problem.value) == reason
