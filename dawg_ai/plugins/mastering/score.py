"""The training loss, the validation error, and the cases it is measured on.

Errors are mean absolute distances in dB to the answer that undoes the faults: of the tone's curve over 55 bands with
the level removed, of the gain reduction of three regions, and of the change of their width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dawg_ai.data.item import Item
from dawg_ai.plugins.auto_eq.score import leveled
from dawg_ai.plugins.mastering.examples import MODES, REFERENCE, TESTING, Batch, Circumstances, draw

REDUCTION_SHARE, WIDTH_SHARE, HARM_SHARE, DOUBT_SHARE = 0.6, 0.4, 0.4, 0.2
ANSWERS = ("tone_db", "reduction_db", "width_db")
MIXED = replace(TESTING, clean=0.15, same=0.1, other_song=0.2)  # what the weights are chosen on


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Weighted sum of the three errors, of the harm of the tone, and of the doubts.

    Harm is what the error has above doing nothing; it counts where a reference, perhaps the wrong one, is followed.
    """
    wanted = leveled(batch["tone_db"])
    missed = {
        "tone": (leveled(outputs["tone_bel"] * 10.0) - wanted).abs(),
        "reduction": (outputs["raw_reduction_db"] - batch["reduction_db"]).abs(),
        "width": (outputs["width_db"] - batch["width_db"]).abs(),
    }
    worse = (missed["tone"].mean(1) - wanted.abs().mean(1)).clamp_min(0.0) * batch["mode"][:, REFERENCE]
    # Negative log-likelihood of the errors, exponentially distributed: their means are learned.
    doubts = [
        (each.detach() / outputs[f"{name}_doubt_db"] + outputs[f"{name}_doubt_db"].log()).mean()
        for name, each in missed.items()
    ]
    return (
        missed["tone"].mean()
        + REDUCTION_SHARE * missed["reduction"].mean()
        + WIDTH_SHARE * missed["width"].mean()
        + HARM_SHARE * worse.mean()
        + DOUBT_SHARE * torch.stack(doubts).sum()
    )


def error(model: nn.Module, items: Sequence[Item], seed: int) -> float:
    """Error over that of doing nothing, the mean of tone, reduction and width in both modes."""
    found = []
    for mode in range(len(MODES)):
        held = cases(items, mode, seed, max(2, 160 // len(items)), MIXED)
        errors = case_errors(answers(network(model, held)), held)
        nothing = case_errors({name: np.zeros_like(held[name]) for name in ANSWERS}, held)
        found += [errors[name].mean() / nothing[name].mean() for name in ANSWERS]
    return float(np.mean(found))


def cases(items: Sequence[Item], mode: int, seed: int, each: int, how: Circumstances = TESTING) -> Batch:
    """`each` examples for every item, the items one after another; the same for the same seed."""
    picks = np.repeat(np.arange(len(items)), each)
    made = draw(items, picks, np.full(len(picks), mode), np.random.default_rng([seed, mode, each]), how)
    return {**made, "item": picks.astype(np.float32)}


def answers(outputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """The network's outputs under the names of the ANSWERS."""
    return {"tone_db": 10.0 * outputs["tone_bel"], **{name: outputs[name] for name in ANSWERS[1:]}}


def case_errors(
    given: Mapping[str, NDArray[np.floating]], cases: Mapping[str, NDArray[np.float32]]
) -> dict[str, NDArray[np.floating]]:
    """Error of each case in dB, by name of the answer."""
    missed = {name: np.asarray(given[name], np.float64) - cases[name] for name in ANSWERS}
    missed["tone_db"] -= missed["tone_db"].mean(1, keepdims=True)
    return {name: np.abs(each).mean(1) for name, each in missed.items()}


@torch.no_grad()
def network(model: nn.Module, cases: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """All outputs of the network, by name."""
    model.eval()
    pieces = []
    for start in range(0, len(cases["mode"]), 256):
        pieces.append(model({k: torch.from_numpy(v[start : start + 256]) for k, v in cases.items()}))
    return {name: torch.cat([piece[name] for piece in pieces]).numpy() for name in pieces[0]}
