"""Every rule on signals with its fault, on signals that almost have it, and with its thresholds moved."""

import importlib
import inspect
import json
import re
from dataclasses import dataclass, field, replace

import keras
import numpy as np
import pytest

import kerasparts
from kerasparts.diagnostics import FAULTS, Diagnosis, Evidence, Finding, Signals, diagnose, rules
from tests.diagnostics.healthy import (
    BINARY,
    EPOCHS,
    MOMENTS,
    ONE_HOT,
    STEPS,
    TAGS,
    VALUES,
    column,
    healthy,
    stuck,
)

WELL = healthy()
module = importlib.import_module("kerasparts.diagnostics.diagnose")


@dataclass(frozen=True)
class Case:
    """Signals with a fault, and what takes it away.

    Attributes:
        moved: thresholds with which the rule is silent.
        near: signals on which it is silent.
        measured: a number that the evidence holds.
        names_a_part: whether its remedy can.
    """

    rule: object
    faulty: Signals
    moved: dict = field(default_factory=dict)
    near: tuple = ()
    measured: float | None = None
    fault: str | None = None
    names_a_part: bool = True

    @property
    def expected(self):
        return self.fault or self.rule.__name__


def regression(make=healthy, output=None, **changes):
    return make(output={**VALUES, **(output or {})}, **changes)


rising = np.where(STEPS > 0, 2.3 + STEPS / 100, 2.3)
falling = 2.3 - 2.2 * STEPS / STEPS[-1]
swinging = np.where(STEPS % 200 == 100, 6.0, 2.3)
linear = {0: {"activation": "linear", "is_linear": True}, 1: {"activation": "linear", "is_linear": True}}
tiny = {"update_norm": 1e-7 * WELL.weight_norm, "displacement": 1e-6 * WELL.weight_norm}
sigmoids = {index: {"activation": "sigmoid"} for index in (0, 1)}
large_inputs = {"input_scale": column(WELL.input_scale, 0, 100.0), "inputs": {"rms": 100.0, "largest": 255.0}}
large_targets = {"target_mean": 500.0, "target_std": 100.0, "target_high": 900.0}
unrelated = {"attainable": 0.0, "attainable_error": 0.02, "validation_skill": 0.0, "validation_skill_error": 0.02}
rare = {**BINARY, "counts": (3800, 200)}

CASES = {
    "softmax over one unit": Case(
        rules.wrong_output_activation,
        stuck(output={**BINARY, "activation": "softmax"}),
        near=(stuck(output=BINARY), healthy(output=BINARY)),
        measured=1,
    ),
    "logits for a loss of probabilities": Case(
        rules.wrong_output_activation,
        stuck(output={**BINARY, "activation": "linear", "low": -np.inf, "high": np.inf}),
        near=(healthy(output={**BINARY, "activation": "linear", "low": -np.inf, "high": np.inf, "from_logits": True}),),
        measured=-np.inf,
    ),
    "probabilities for a loss of logits": Case(
        rules.wrong_output_activation, healthy(output={**BINARY, "from_logits": True}), near=(healthy(output=BINARY),)
    ),
    "softmax for several labels": Case(
        rules.wrong_output_activation,
        stuck(output={**TAGS, "activation": "softmax"}),
        near=(healthy(output=TAGS),),
        measured=0.7,
    ),
    "sigmoid for exclusive classes": Case(
        rules.wrong_output_activation, stuck(output={"activation": "sigmoid"}), near=(WELL, healthy(output=ONE_HOT))
    ),
    "sigmoid for values beyond it": Case(
        rules.wrong_output_activation,
        regression(output={"activation": "sigmoid", "low": 0.0, "high": 1.0, "outside": 0.6}),
        moved={"outside": 0.7},
        near=(regression(output={"activation": "sigmoid", "low": 0.0, "high": 1.0, "outside": 0.0}), regression()),
        measured=0.6,
    ),
    "squared error of classes": Case(
        rules.wrong_loss,
        healthy(score={"validation_skill": 0.5}, output={**ONE_HOT, "loss": "mean_squared_error"}),
        moved={"enough": 0.4},
        near=(healthy(output={**ONE_HOT, "loss": "mean_squared_error"}), regression(score={"validation_skill": 0.5})),
        measured=0.5,
    ),
    "one output for ten classes": Case(
        rules.wrong_loss, stuck(output={"units": 1, "loss": "binary_crossentropy"}), near=(stuck(),), measured=10
    ),
    "cross-entropy of values": Case(
        rules.wrong_loss,
        stuck(output={**VALUES, "loss": "binary_crossentropy"}),
        near=(regression(stuck),),
        measured=2.5,
    ),
    "labels from 1 to 3 for a binary loss": Case(
        rules.wrong_labels,
        stuck(output={**BINARY, "form": "index", "classes": 3, "target_low": 1.0, "target_high": 3.0}),
        near=(stuck(output=BINARY),),
        measured=3,
    ),
    "labels of -1 and 1": Case(
        rules.wrong_labels,
        stuck(output={**BINARY, "form": "signs", "target_low": -1.0}),
        near=(healthy(output={**BINARY, "form": "signs", "target_low": -1.0, "loss": "hinge"}),),
        measured=-1,
    ),
    "more labels than outputs": Case(
        rules.wrong_labels, stuck(output={"units": 5}), near=(stuck(output={"units": 10}),), measured=9
    ),
    "targets that are NaN": Case(
        rules.wrong_labels, regression(output={"finite": 0.9}), near=(regression(),), measured=0.9, names_a_part=False
    ),
    "inputs of 100": Case(
        rules.unnormalized_inputs,
        stuck(**large_inputs),
        moved={"largest": 1000.0},
        near=(
            stuck(),
            healthy(**large_inputs),
            stuck(inputs={"is_embedded": True}, input_scale=large_inputs["input_scale"]),
        ),
        measured=100.0,
    ),
    "inputs that are NaN": Case(
        rules.unnormalized_inputs, stuck(inputs={"finite": 0.99}), near=(stuck(),), measured=0.99
    ),
    "targets of 500": Case(
        rules.unnormalized_targets,
        regression(stuck, output=large_targets),
        moved={"largest": 1e4},
        near=(regression(stuck), regression(output=large_targets)),
        measured=np.hypot(500.0, 100.0),
    ),
    "targets that hardly differ": Case(
        rules.unnormalized_targets,
        regression(stuck, output={"target_std": 1e-4}),
        moved={"least": 1e-6},
        near=(regression(stuck, output={"target_std": 0.5}),),
        measured=1e-4,
    ),
    "labels of other rows": Case(
        rules.unrelated_labels,
        healthy(score=unrelated),
        moved={"rows": 10_000},
        near=(
            healthy(),
            healthy(score={**unrelated, "attainable": 0.5}),
            healthy(score={**unrelated, "validation_skill": 0.6}),
        ),
        measured=0.0,
        fault="wrong_labels",
    ),
    "a rare class that is not found": Case(
        rules.class_imbalance,
        healthy(output=rare, score={"recall": (0.99, 0.1)}),
        moved={"ratio": 30.0},
        near=(
            healthy(output=rare, score={"recall": (0.95, 0.9)}),
            healthy(output=BINARY, score={"recall": (0.99, 0.1)}),
            regression(),
        ),
        measured=0.1,
    ),
    "equal units": Case(
        rules.symmetric_init,
        stuck(equal_units=column(WELL.equal_units, 2, 1.0)),
        near=(
            stuck(),
            stuck(equal_units=column(WELL.equal_units, 2, np.where(STEPS > 0, 0.5, 1.0))),
            stuck(equal_units=column(WELL.equal_units, 4, 1.0)),
        ),
        measured=1.0,
    ),
    "weights twenty times too large": Case(
        rules.bad_init_scale,
        stuck(weight_norm=column(WELL.weight_norm, 2, 20 * 8.0)),
        moved={"factor": 50.0},
        near=(stuck(), healthy(weight_norm=column(WELL.weight_norm, 2, 20 * 8.0))),
    ),
    "no activation": Case(
        rules.missing_nonlinearity,
        stuck(layers=linear),
        moved={"enough": 0.0},
        near=(stuck(), healthy(layers=linear)),
        measured=2,
    ),
    "softmax in the middle": Case(
        rules.wrong_hidden_activation, stuck(layers={0: {"activation": "softmax"}}), near=(stuck(), WELL)
    ),
    "step in the middle": Case(
        rules.wrong_hidden_activation, stuck(layers={0: {"activation": "step"}}), near=(stuck(),)
    ),
    "a loss that rises": Case(
        rules.lr_too_high,
        stuck(train_loss=rising),
        moved={"rise": 20.0},
        near=(stuck(), healthy()),
        measured=rising.max() / 2.3,
    ),
    "units that died": Case(
        rules.lr_too_high,
        stuck(dead=column(WELL.dead, 0, np.where(STEPS > 0, 0.9, 0.0))),
        moved={"killed": 0.95},
        near=(stuck(), stuck(dead=column(WELL.dead, 0, 0.9))),
        measured=0.9,
    ),
    "steps that do not move": Case(
        rules.lr_too_low, stuck(**tiny), moved={"steps": 10**6}, near=(stuck(), healthy(**tiny)), measured=1e-7
    ),
    "a loss that still falls": Case(
        rules.too_few_epochs,
        stuck(train_loss=falling),
        moved={"pace": 100.0},
        near=(stuck(), healthy(train_loss=falling)),
    ),
    "a penalty of ten times the loss": Case(
        rules.over_regularized,
        stuck(penalty=np.full(MOMENTS, 23.0)),
        moved={"share": 0.95},
        near=(stuck(), healthy(penalty=np.full(MOMENTS, 23.0))),
        measured=10 / 11,
    ),
    "dropout of 0.9": Case(
        rules.over_regularized,
        stuck(layers={0: {"rate": 0.9}}),
        moved={"rate": 0.95},
        near=(stuck(layers={0: {"rate": 0.5}}), healthy(layers={0: {"rate": 0.9}})),
        measured=0.9,
    ),
    "flat ends": Case(
        rules.saturated_activation,
        stuck(layers=sigmoids, saturated=column(WELL.saturated, 0, 0.9)),
        moved={"share": 0.95},
        near=(
            stuck(layers=sigmoids, saturated=column(WELL.saturated, 0, 0.1)),
            healthy(saturated=column(WELL.saturated, 0, 0.9)),
        ),
        measured=0.9,
    ),
    "dead units": Case(
        rules.dead_relu,
        stuck(dead=column(WELL.dead, 1, 0.9)),
        moved={"share": 0.95},
        near=(stuck(), healthy(dead=column(WELL.dead, 1, 0.9))),
        measured=0.9,
    ),
    "a gradient that fades": Case(
        rules.vanishing_gradient,
        stuck(gradient_norm=WELL.gradient_norm * [1e-5, 1, 1, 1, 1, 1]),
        moved={"ratio": 1e-7},
        near=(stuck(), healthy(gradient_norm=WELL.gradient_norm * [1e-5, 1, 1, 1, 1, 1])),
        measured=1e-5,
    ),
    "a loss that is NaN": Case(
        rules.exploding_gradient,
        stuck(train_loss=np.where(STEPS > 300, np.nan, 2.3)),
        near=(stuck(), healthy()),
        measured=400,
    ),
    "a gradient that grows": Case(
        rules.exploding_gradient,
        stuck(train_loss=rising, gradient_norm=np.outer(10.0 ** (STEPS / 200), np.ones(6))),
        moved={"growth": 1e7},
        near=(stuck(train_loss=rising), healthy(gradient_norm=np.outer(10.0 ** (STEPS / 200), np.ones(6)))),
    ),
    "a loss that jumps": Case(
        rules.oscillating_loss,
        stuck(train_loss=swinging, curves={"loss": swinging[-EPOCHS:]}),
        moved={"share": 2.0},
        near=(stuck(), stuck(train_loss=2.3 + swinging / 100, curves={"loss": 2.3 + swinging[-EPOCHS:] / 100})),
    ),
    "rows learned by heart": Case(
        rules.high_variance,
        healthy(score={"train_skill": 0.99, "validation_skill": 0.4}),
        moved={"gap": 0.7},
        near=(
            healthy(),
            stuck(),
            healthy(score={"train_skill": 0.99, "validation_skill": 0.7, "validation_skill_error": 0.4}),
        ),
        measured=0.59,
    ),
    "thirty rows": Case(
        rules.too_little_data,
        healthy(run={"rows": 30}, score={"train_skill": 0.99, "validation_skill": 0.4}),
        moved={"per_class": 1.0, "rows": 10},
        near=(
            healthy(run={"rows": 30}),
            healthy(run={"rows": 100_000}, score={"train_skill": 0.99, "validation_skill": 0.4}),
        ),
        measured=30,
        names_a_part=False,
    ),
    "nothing learned": Case(rules.high_bias, stuck(), near=(healthy(),), measured=0.02, names_a_part=False),
}
OF_RULES = {rule.__name__ for rule in module.RULES}


def test_every_rule_has_a_case_of_either_sign_and_its_thresholds_are_arguments():
    assert {case.rule.__name__ for case in CASES.values()} == OF_RULES == set(rules.__all__)
    assert all(case.near for case in CASES.values())
    for rule in module.RULES:
        arguments = list(inspect.signature(rule).parameters.values())
        assert all(isinstance(argument.default, int | float) for argument in arguments[1:]), rule.__name__


@pytest.mark.parametrize("name", CASES)
def test_the_fault_is_found(name):
    case = CASES[name]
    finding = case.rule(case.faulty)
    assert finding is not None
    assert finding.fault == case.expected


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_the_fault_is_left_alone(name):
    case = CASES[name]
    for number, signals in enumerate(case.near):
        assert case.rule(signals) is None, number


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.moved])
def test_a_threshold_moved_beyond_the_measured_value_silences_the_rule(name):
    case = CASES[name]
    assert case.rule(case.faulty, **case.moved) is None


@pytest.mark.parametrize("name", CASES)
def test_the_evidence_is_the_measured_number_against_a_threshold(name):
    case = CASES[name]
    evidence = case.rule(case.faulty).evidence
    assert evidence
    assert all(isinstance(item, Evidence) and np.isfinite(item.threshold) for item in evidence.values())
    assert not any(np.isnan(item.value) for item in evidence.values())
    if case.measured is not None:
        values = [item.value for item in evidence.values()]
        assert any(np.isclose(value, case.measured) for value in values), values


@pytest.mark.parametrize("name", CASES)
def test_the_remedy_names_parts_that_exist(name):
    case = CASES[name]
    finding = case.rule(case.faulty)
    if case.names_a_part:
        assert re.search(r"`[^`]*[(=_][^`]*`", finding.remedy), finding.remedy
    text = " ".join([finding.remedy, *(finding.code or ())])
    for path in re.findall(r"\b(?:kerasparts|keras)(?:\.\w+)+", text):
        root, *names = path.split(".")
        found = {"keras": keras, "kerasparts": kerasparts}[root]
        for part in names:
            assert hasattr(found, part), path
            found = getattr(found, part)


@pytest.mark.parametrize("name", CASES)
def test_the_line_to_change_is_a_pair_that_differs(name):
    case = CASES[name]
    code = case.rule(case.faulty).code
    if code is not None:
        before, after = code
        assert before
        assert after
        assert before != after


@pytest.mark.parametrize("name", CASES)
def test_nothing_measured_is_nothing_found(name):
    assert CASES[name].rule(Signals()) is None


@pytest.mark.parametrize("name", CASES)
def test_rules_live_with_numbers_that_are_not_known(name):
    signals = CASES[name].faulty
    names = (
        "train_loss",
        "validation_loss",
        "gradient_norm",
        "weight_norm",
        "update_norm",
        "displacement",
        "dead",
        "scale",
    )
    for unknown, known in ((np.nan, ()), (np.inf, ("dead",))):
        changed = replace(
            signals, **{field: np.full_like(getattr(signals, field), unknown) for field in names if field not in known}
        )
        diagnosis = diagnose(changed)
        assert set(diagnosis.faults) <= set(FAULTS)
        str(diagnosis)


# The diagnosis


def finding(fault, **changes):
    return Finding(**{"fault": fault, "summary": f"It is {fault}.", "remedy": "Take `relu`.", **changes})


@pytest.fixture
def rules_that_find(monkeypatch):
    def use(*faults):
        found = [fault if isinstance(fault, Finding) else finding(fault) for fault in faults]
        monkeypatch.setattr(module, "RULES", tuple(lambda signals, one=one: one for one in found))
        return diagnose(healthy())

    return use


def test_a_healthy_training_has_no_fault():
    diagnosis = diagnose(healthy())
    assert diagnosis.findings == ()
    assert diagnosis.verdict == "No fault found; skill 0.95, where 1 is perfect."
    assert diagnosis.epochs == EPOCHS


def test_the_cause_stands_before_the_symptom(rules_that_find):
    diagnosis = rules_that_find("high_bias", "vanishing_gradient", "saturated_activation", "unnormalized_inputs")
    assert diagnosis.faults == ("unnormalized_inputs", "saturated_activation", "vanishing_gradient", "high_bias")
    assert diagnosis.verdict.startswith("Unnormalized inputs")


def test_a_symptom_says_what_it_follows_from(rules_that_find):
    diagnosis = rules_that_find("vanishing_gradient", "saturated_activation", "unnormalized_inputs")
    assert diagnosis["unnormalized_inputs"].explained_by == ()
    assert diagnosis["saturated_activation"].explained_by == ("unnormalized_inputs",)
    assert "saturated_activation" in diagnosis["vanishing_gradient"].explained_by


def test_high_bias_follows_from_all_else(rules_that_find):
    diagnosis = rules_that_find("high_bias", "dead_relu", "wrong_loss")
    assert set(diagnosis["high_bias"].explained_by) == {"dead_relu", "wrong_loss"}
    assert rules_that_find("high_bias")["high_bias"].explained_by == ()


@pytest.mark.parametrize("fault", module.HIDDEN_BY)
def test_a_fault_whose_evidence_means_nothing_beside_another_is_hidden(rules_that_find, fault):
    for cause in module.HIDDEN_BY[fault]:
        others = set(module.HIDDEN_BY.get(cause, ()))
        if fault not in others:
            assert rules_that_find(fault, cause).faults == (cause,), cause


def test_the_tables_of_what_follows_name_faults():
    for table in (module.FOLLOWS, module.HIDDEN_BY):
        for fault, causes in table.items():
            assert {fault, *causes} <= set(FAULTS)
            assert fault not in causes
    for fault, causes in module.FOLLOWS.items():
        assert all(FAULTS.index(cause) < FAULTS.index(fault) for cause in causes), fault


def test_a_fault_found_twice_is_told_once(rules_that_find):
    first = finding("wrong_labels", summary="First.")
    assert rules_that_find(first, "wrong_labels").findings == (first,)


def test_an_unknown_fault_or_severity_is_refused():
    with pytest.raises(ValueError, match="`fault` must be one of"):
        finding("bad_luck")
    with pytest.raises(ValueError, match="`severity` must be one of"):
        finding("dead_relu", severity="mild")


def test_a_fault_that_was_not_found_is_asked_for_in_vain():
    with pytest.raises(ValueError, match="one of those found: none"):
        Diagnosis((), "")["dead_relu"]


def test_anything_but_signals_is_refused():
    with pytest.raises(ValueError, match="`signals` must be Signals"):
        diagnose([1.0])


@pytest.mark.parametrize("name", CASES)
def test_the_text_fits_a_terminal_and_says_all(name):
    diagnosis = diagnose(CASES[name].faulty)
    text = str(diagnosis)
    assert max(map(len, text.splitlines())) <= 100
    words = " ".join(re.sub(r"\s+", " ", text).split())
    assert all(word in words for word in diagnosis.verdict.rstrip(".").split())
    for one in diagnosis.findings:
        for item in one.evidence.values():
            assert str(item) in words
        assert all(word[:10] in words for word in one.remedy.split())


def test_numbers_that_are_unknown_become_none_in_json():
    evidence = {"loss": Evidence(float("inf"), 2.0)}
    diagnosis = Diagnosis((finding("exploding_gradient", evidence=evidence, epoch=float("nan")),), "It exploded.")
    found = json.loads(json.dumps(diagnosis.to_dict(), allow_nan=False))
    assert found["findings"][0]["evidence"]["loss"]["value"] is None
    assert found["findings"][0]["epoch"] is None
    assert found["verdict"] == "It exploded."


@pytest.mark.parametrize("name", CASES)
def test_every_diagnosis_is_json(name):
    json.dumps(diagnose(CASES[name].faulty).to_dict(), allow_nan=False)


def test_html_is_escaped():
    evidence = {"<b>loss": Evidence(1.0, 2.0, "<i>")}
    one = finding("dead_relu", summary="a < b & c", layer="<script>alert(1)</script>", evidence=evidence)
    text = Diagnosis((one,), "<u>", numbers={"<s>": "<p>"})._repr_html_()
    for raw in ("<script", "<b>loss", "<i>", "<u>", "<s>", "a < b", "<p><p>"):
        assert raw not in text, raw
    assert "&lt;script&gt;" in text
    assert "a &lt; b &amp; c" in text


def test_evidence_says_on_which_side_of_its_threshold_it_lies():
    assert str(Evidence(0.5, 0.1, "of its size")) == "50% of its size (> 10%)"
    assert str(Evidence(0.01, 0.1)) == "0.01 (< 0.1)"
    assert str(Evidence(2, 2)) == "2 (= 2)"
