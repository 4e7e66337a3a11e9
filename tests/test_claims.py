"""The claims of the notes: each is measured, and the table says what the code says."""

import re
import sys
from pathlib import Path

import keras
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
README = EXAMPLES / "README.md"
sys.path.insert(0, str(EXAMPLES))
try:
    import claims
    from notes.claim import CLAIMS, VERDICTS, Finding, percent, pm, span, surely_less
finally:
    sys.path.remove(str(EXAMPLES))

QUICK = {  # those that take about a second
    "amplified",
    "argmax",
    "binary",
    "confidently_wrong",
    "cross_entropy_is_divergence",
    "focal_weights",
    "huber_shape",
    "linear_stack",
    "needs_one_hot",
    "one_unit",
    "powers",
    "shapes",
    "slopes",
    "softmax_sums_to_one",
    "sparse",
    "worked_example",
}
TABLE = README.read_text().partition(claims.START)[2].partition(claims.END)[0]
ROWS = re.findall(r"^\| \*\*(.*?)\*\*<br>(.*?) \| (.*?) \| \*\*(.*?)\*\* \|$", TABLE, flags=re.MULTILINE)


def test_quick_claims_exist():
    assert set(CLAIMS) >= QUICK


WHOLE = [pytest.mark.slow, pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="as the table is")]


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name in QUICK else WHOLE) for name in CLAIMS])
def test_claim_is_measured(name):
    finding = claims.run(name, seeds=2)
    assert finding.verdict in VERDICTS
    assert re.search(r"\d", finding.numbers)
    assert not re.search(r"\bnan\b", finding.numbers)
    assert finding.why or finding.verdict != "holds if"


@pytest.mark.parametrize("name", sorted(QUICK))
def test_quick_claims_end_as_in_the_table(name):
    (verdict,) = (row[3] for row in ROWS if row[0] == claims.cell(CLAIMS[name].sentence))
    assert claims.verdict(claims.run(name)) == verdict


def test_table_has_the_claims_of_the_code():
    assert [row[:2] for row in ROWS] == [
        (claims.cell(CLAIMS[name].sentence), claims.cell(CLAIMS[name].experiment)) for name in claims.in_order()
    ]


def test_table_has_the_three_verdicts():
    assert {re.match("|".join(sorted(VERDICTS, reverse=True)), row[3])[0] for row in ROWS} == set(VERDICTS)


def test_table_says_when_and_with_what():
    assert re.search(r"^\d{4}-\d\d-\d\d: \d+ claims, .*Keras \d.* on \w+, .*kerasparts \d", TABLE, flags=re.MULTILINE)


def test_words_choose_claims():
    assert "argmax" in claims.chosen(["argmax"])
    assert claims.chosen(["no such word"]) == []
    assert set(claims.chosen(["softmax", "Huber"])) >= {"amplified", "delta"}
    assert len(claims.chosen()) == len(CLAIMS)


def test_write_keeps_what_is_around_the_table(tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"before\n{claims.START}\nstale\n{claims.END}\nafter\n")
    claims.write({"argmax": Finding("holds if", "1 | 2", "it | is")}, seeds=3, readme=page)
    text = page.read_text()
    assert text.startswith(f"before\n{claims.START}\n")
    assert text.endswith(f"{claims.END}\nafter\n")
    assert "stale" not in text
    assert "| 1 \\| 2. | **holds if it \\| is** |" in text


def test_every_script_is_listed():
    listed = set(re.findall(r"\]\((\w+)\.py\)", README.read_text()))
    assert listed == {path.stem for path in EXAMPLES.glob("*.py")}


def test_less_is_said_only_where_it_is_sure():
    assert surely_less([1.0, 1.1, 0.9], [2.0, 2.1, 1.9])
    assert not surely_less([2.0, 2.1, 1.9], [1.0, 1.1, 0.9])
    assert not surely_less([1.0, 3.0, 1.0], [2.0, 1.0, 2.5])
    assert surely_less([1.0], [2.0])


def test_numbers_are_told_with_their_spread():
    assert pm([1.0, 3.0]) == "2 ± 1.4"
    assert pm([1.0]) == "1"
    assert pm([349.0, 351.0], ".2g") == "350 ± 1.4"
    assert percent([0.5, 0.7]) == "60.0 ± 14.1%"
    assert span([3.0, 1.0, 2.0]) == "2 (1 to 3)"
