"""The picture of an evaluation: one panel a question, whatever the methods."""

import pytest

pytest.importorskip("torch", reason="the evaluation needs PyTorch")

from dawg_ai.plugin import Question
from dawg_ai.report import evaluation


def test_it_is_drawn_from_the_rows(tmp_path):
    rows = [
        {"question": question, "method": method, "mean": mean, "interval": (mean - 0.1, mean + 0.2), "items": 12}
        for question in ("fix", "match")
        for method, mean in {"network": 1.0, "ridge": 1.5, "nothing": 3.0}.items()
    ]
    questions = {name: Question("").__dict__ for name in ("fix", "match")}
    result = {"plugin": "auto_eq", "data": ["demo"], "questions": questions, "rows": rows}
    evaluation.draw(result, tmp_path / "evaluation.png")
    assert (tmp_path / "evaluation.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["evaluation.png"]
