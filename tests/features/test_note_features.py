"""Notes become rows by one kernel: as many as it says, zeros where there is no file."""

from typing import Annotated

import numpy as np
import pytest

from dawg_ai.dsp.instance import Native
from dawg_ai.dsp.kernel import F32, Module, kernel
from dawg_ai.errors import UsageError
from dawg_ai.features.notes import MAX_NOTES, NoteFeatures


@kernel
def encode(notes: Annotated[F32, "rows", 6], pitches: Annotated[F32, 8, 2], loud: Annotated[F32, 8]) -> int:
    """Pitch and its octave of each note, and its velocity."""
    for i in range(notes.shape[0]):
        pitches[i, 0] = notes[i, 2]
        pitches[i, 1] = np.float32(float(int(np.float64(notes[i, 2]) / 12.0)))
        loud[i] = notes[i, 3]
    return notes.shape[0]


FEATURES = NoteFeatures(("pitches", "loud"), encode)


def fresh():
    return Native(Module("notes", FEATURES.kernels, FEATURES.capacity))


def notes(*pitches):
    return np.float32([[0.5 * i, 0.4, pitch, 0.1 * (i + 1), 0, 0] for i, pitch in enumerate(pitches)]).reshape(-1, 6)


def test_there_are_as_many_rows_as_the_kernel_fills():
    assert FEATURES.names == ("pitches", "loud") and FEATURES.capacity == {"rows": MAX_NOTES}
    found = FEATURES.extractor.extract(fresh(), notes(60, 25, 72))
    assert found["pitches"].tolist() == [[60, 5], [25, 2], [72, 6]]
    np.testing.assert_array_equal(found["loud"], np.float32([0.1, 0.2, 0.3]))
    none = FEATURES.extractor.extract(fresh(), notes())
    assert none["pitches"].shape == (0, 2) and none["loud"].shape == (0,)


def test_without_a_file_there_is_one_row_of_zeros():
    instance = fresh()
    FEATURES.extractor.extract(instance, notes(60))  # whatever was there before
    absent = FEATURES.extractor.absent(instance)
    assert absent["pitches"].tolist() == [[0, 0]] and absent["loud"].tolist() == [0]


def test_files_are_joined_one_after_another():
    files = [FEATURES.extractor.extract(fresh(), notes(*pitches)) for pitches in ((60,), (62, 64))]
    joined = FEATURES.extractor.join(files)
    assert joined["pitches"][:, 0].tolist() == [60, 62, 64]
    np.testing.assert_array_equal(joined["loud"], np.float32([0.1, 0.1, 0.2]))


def test_more_notes_than_there_is_room_for_are_refused():
    few = np.zeros((MAX_NOTES + 1, 6), np.float32)
    with pytest.raises(UsageError, match=f"there are {MAX_NOTES + 1} notes; a plugin takes up to {MAX_NOTES}"):
        FEATURES.extractor.extract(fresh(), few)


def test_a_bundle_declares_the_kernel_by_its_name():
    assert FEATURES.extractor.declaration() == {"kind": "notes", "encode": "encode", "outputs": ("pitches", "loud")}
