"""CrossValidation: what its table says."""

import json

import numpy as np
import pytest

from kerasparts.diagnostics import CrossValidation, fold_scores


def result(folds, rows=40):
    parts = np.array_split(np.arange(rows), folds)
    return CrossValidation(
        scores={
            name: fold_scores(np.linspace(low, low + 0.1, folds), 0.25) for name, low in (("loss", 0.2), ("acc", 0.8))
        },
        train_rows=tuple(np.setdiff1d(np.arange(rows), test) for test in parts),
        test_rows=tuple(parts),
        predictions=np.zeros((rows, 1)),
        times_tested=np.ones(rows, "int64"),
        histories=({"loss": [1.0, float("nan")]},) * folds,
        confidence=0.95,
    )


def test_the_table_has_a_row_a_fold_and_the_summary():
    lines = str(result(3)).splitlines()
    assert lines[0] == "Cross-validation: 3 folds of 40 rows"
    assert lines[1].split() == ["fold", "train", "test", "loss", "acc"]
    assert lines[2].split() == ["1", "26", "14", "0.2", "0.8"]
    assert lines[5].split() == ["mean", "0.25", "0.85"]
    assert lines[6].split() == ["spread", "0.05", "0.05"]
    assert [line.split()[0] for line in lines[7:9]] == ["low", "high"]
    assert len({len(line) for line in lines[1:9]}) == 1, "columns are aligned"


def test_it_says_how_the_interval_was_made():
    assert "95% interval of the mean by the corrected resampled t (Nadeau and Bengio 2003)" in str(result(3))
    assert "a single fold has no bounds" in str(result(1))


def test_a_long_table_is_cut_in_the_middle():
    lines = str(result(20)).splitlines()
    assert [line.split()[0] for line in lines[2:15]] == [*"123456", "...", *map(str, range(15, 21))]


def test_it_is_ready_for_json_and_for_notebooks():
    plain = json.loads(json.dumps(result(3).to_dict(), allow_nan=False))
    assert plain["scores"]["loss"]["values"] == pytest.approx([0.2, 0.25, 0.3])
    assert plain["histories"][0]["loss"] == [1.0, None]
    assert np.concatenate(plain["test_rows"]).tolist() == list(range(40))
    assert "<th>loss</th>" in result(3)._repr_html_()
