"""A bundle is refused, by the name of the part, when anything about it is off."""

import json
from dataclasses import replace

import pytest

from dawg_ai import bundle as bundles
from dawg_ai import registry
from dawg_ai.errors import DawgError, UsageError

EVERY_PART = pytest.mark.parametrize("part", [*bundles.PARTS, "plugin.json"])


def edit(bundle, **changes):
    path = bundle.folder / "plugin.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_it_holds_its_parts_and_nothing_else(bundle):
    assert {path.name for path in bundle.folder.iterdir()} == {*bundles.PARTS, "plugin.json"}
    assert bundle.plugin == "auto_gain"
    assert bundle.declaration["format"] == bundles.FORMAT


@EVERY_PART
def test_a_missing_part_is_named(bundle, part):
    (bundle.folder / part).unlink()
    with pytest.raises(DawgError, match=rf"{part} is missing"):
        bundles.read(bundle.folder)


@EVERY_PART
def test_a_damaged_part_is_named(bundle, part):
    content = bytearray((bundle.folder / part).read_bytes())
    content[len(content) // 2] ^= 0x80
    (bundle.folder / part).write_bytes(content)
    with pytest.raises(DawgError, match=rf"{part} is damaged"):
        bundles.read(bundle.folder)


@EVERY_PART
def test_a_part_that_was_cut_short_is_named(bundle, part):
    content = (bundle.folder / part).read_bytes()
    (bundle.folder / part).write_bytes(content[: len(content) // 2])
    with pytest.raises(DawgError, match=rf"{part} is damaged"):
        bundles.read(bundle.folder)


def test_another_format_is_refused(bundle):
    edit(bundle, format=1)
    with pytest.raises(
        DawgError, match=r"has format 1; .* reads format 2: make it again with: dawg export auto_gain"
    ):
        bundles.read(bundle.folder)


def test_a_declaration_that_lacks_something_is_refused(bundle):
    (bundle.folder / "plugin.json").write_text(json.dumps({"format": 2, "files": {}}))
    with pytest.raises(DawgError, match=r"plugin\.json is damaged \(it lacks chain, controls"):
        bundles.read(bundle.folder)


def test_what_is_written_is_what_is_parsed(bundle):
    chosen = registry.load("auto_gain")
    assert (bundle.controls, bundle.inputs, bundle.outputs) == (chosen.controls, chosen.inputs, chosen.outputs)
    assert bundle.chain == chosen.chain
    assert [replace(mode, proven_by="") for mode in chosen.modes] == list(bundle.modes)
    for source, declared in zip(bundle.sources, chosen.sources, strict=True):
        assert (source.name, source.file, source.most) == (declared.name, declared.file, declared.most)
        assert source.features == declared.features.extractor
    assert bundle.declaration["licence"] == "CC0-1.0"  # all its songs are the user's own


def test_what_it_says_can_be_read_as_it_was_written(bundle):
    parts = {name: (bundle.folder / name).read_bytes() for name in bundles.PARTS}
    declared = {key: value for key, value in bundle.declaration.items() if key != "files"}
    bundles.write(bundle.folder, {**declared, "summary": "für Gehör"}, parts)
    text = (bundle.folder / "plugin.json").read_text("utf-8")
    assert "für Gehör" in text and text.endswith("}\n") and bundles.read(bundle.folder).plugin == "auto_gain"
    assert [path.name for path in bundle.folder.parent.iterdir()] == ["auto_gain"]


def change_chain(bundle, **changes):
    (link,) = bundle.declaration["chain"]
    return bundles.Bundle(bundle.folder, {**bundle.declaration, "chain": [{**link, **changes}]})


def test_it_is_pinned_to_the_effects_that_it_sets(bundle):
    assert bundle.changed_effects() == []
    assert change_chain(bundle, sha256="0" * 64).changed_effects() == ["parametric"]
    for changes, complaint in [
        ({"effect": "fuzz"}, "sets the effect 'fuzz', which does not exist"),
        ({"sets": ["warmth"]}, "sets warmth of parametric, which it no longer has"),
        ({"fixed": {"glow": 1}}, "sets glow of parametric"),
    ]:
        with pytest.raises(DawgError, match=f"{complaint}.*dawg train auto_gain && dawg export auto_gain"):
            change_chain(bundle, **changes).changed_effects()


def test_without_a_bundle_it_says_what_makes_one(toys):
    with pytest.raises(UsageError, match="dawg train auto_gain && dawg export auto_gain"):
        bundles.load("auto_gain")
    with pytest.raises(UsageError, match="there is no bundle of 'nothing'"):
        bundles.load("nothing")


@pytest.mark.parametrize("moment", ["before", "between", "after"])
def test_an_interruption_while_writing_leaves_a_whole_bundle(bundle, moment, monkeypatch):
    parts = {name: (bundle.folder / name).read_bytes() for name in bundles.PARTS}
    parts["CARD.md"] = b"new\n"
    declared = {key: value for key, value in bundle.declaration.items() if key != "files"}
    rename, calls = bundles.Path.rename, []

    def interrupted(path, target):
        calls.append(path)
        if len(calls) == {"before": 1, "between": 2}.get(moment):
            raise KeyboardInterrupt
        renamed = rename(path, target)
        if moment == "after" and len(calls) == 2:
            raise KeyboardInterrupt
        return renamed

    monkeypatch.setattr(bundles.Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bundles.write(bundle.folder, declared, parts)
    monkeypatch.undo()
    assert (bundles.read(bundle.folder).folder / "CARD.md").read_bytes() != b"" and [
        path.name for path in bundle.folder.parent.iterdir()
    ] == ["auto_gain"]
    is_new = (bundle.folder / "CARD.md").read_bytes() == b"new\n"
    assert is_new == (moment == "after")
