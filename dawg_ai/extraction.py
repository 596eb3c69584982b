"""The features of one clip: of all sources whose file it has."""

from typing import Any

from numpy.typing import NDArray

from dawg_ai.audio import UnusableAudio
from dawg_ai.data.clip import Clip
from dawg_ai.dsp.instance import Native
from dawg_ai.errors import UsageError
from dawg_ai.registry import load


def extract(plugin_name: str, clip: Clip) -> dict[str, NDArray[Any]] | str:
    """Compute the features of a clip.

    Args:
        plugin_name: the plugin.
        clip: the clip.

    Returns:
        The arrays by name, or why it has none.
    """
    plugin = load(plugin_name)
    arrays: dict[str, NDArray[Any]] = {}
    try:
        for name, source in plugin.computed.items():
            if source.file in clip.files:  # a clip need not have all: some datasets have responses, others dry sound
                extractor: Any = source.features.extractor
                found = extractor.extract(Native(plugin.training_module), extractor.read(clip.files[source.file]))
                arrays |= {f"{name}_{output}": array for output, array in found.items()}
        if not arrays:
            raise UsageError(f"it has no file of a kind that is learned from: {', '.join(sorted(clip.files))}")
    except (UnusableAudio, UsageError) as error:
        return error.reason if isinstance(error, UnusableAudio) else str(error)
    except Exception as error:
        error.add_note(f"while computing the features of {clip.id}")
        raise
    return arrays
