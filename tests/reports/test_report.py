"""write_report and render_report: what is on the page. How it looks was judged by eye."""

import dataclasses
import html
import itertools
import os
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from kerasparts.diagnostics.facts import RunFacts
from kerasparts.diagnostics.findings import Diagnosis, Evidence, Finding
from kerasparts.diagnostics.signals import Signals
from kerasparts.reports import render_report, write_report
from tests.reports import runs

VOID = {"meta", "wbr"}
ARRAYS = [
    item.name for item in dataclasses.fields(Signals) if isinstance(getattr(runs.signals(), item.name), np.ndarray)
]
NOTHING = Diagnosis(findings=(), verdict="No fault found.")


class Page(HTMLParser):
    """The elements of a page with their text; fails on one that is not closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, **dict(attrs), "text": "", "inside": [e["tag"] for e in self.open]}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append({"tag": tag, **dict(attrs), "text": "", "inside": [e["tag"] for e in self.open]})

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, **attributes):
        return [e for e in self.elements if e["tag"] == tag and all(e.get(name) == v for name, v in attributes.items())]

    def texts(self, tag, **attributes):
        return [" ".join(element["text"].split()) for element in self.all(tag, **attributes)]


def text_of(page):
    (body,) = Page(page).all("body")
    return " ".join(body["text"].split())


def figure(page, name):
    """The source of one figure."""
    return re.search(rf'<figure id="{name}".*?</figure>', page, flags=re.DOTALL).group()


EVERY = {
    "plausible": lambda: (runs.signals(), runs.diagnosis()),
    "nothing measured": lambda: (Signals(), NOTHING),
    "facts alone": lambda: (Signals(run=RunFacts(rows=10)), runs.diagnosis()),
    "one moment": lambda: (runs.signals(dense=1, epochs=0), runs.diagnosis()),
    "no epoch finished": lambda: (runs.signals(epochs=0), runs.diagnosis()),
    "no layers": lambda: (runs.signals(depth=0, outputs=()), NOTHING),
    "200 layers": lambda: (runs.signals(depth=200, epochs=3), runs.diagnosis()),
    "1000 epochs": lambda: (runs.signals(epochs=1000), runs.diagnosis()),
    "all NaN": lambda: (runs.signals(**{name: bad(name, np.nan) for name in ARRAYS}), runs.diagnosis()),
    "all infinite": lambda: (runs.signals(**{name: bad(name, np.inf) for name in ARRAYS}), runs.diagnosis()),
    "all zero": lambda: (runs.signals(**{name: bad(name, 0.0) for name in ARRAYS}), runs.diagnosis()),
    "huge": lambda: (runs.signals(**{name: bad(name, 1.7e308) for name in ARRAYS[2:]}), runs.diagnosis()),
    "huge below zero": lambda: (runs.signals(train_skill=bad("step", -1.7e308)), runs.diagnosis()),
    "two outputs": lambda: (runs.signals(outputs=runs.signals().outputs * 2), runs.diagnosis()),
}


def bad(name, value):
    return np.full(getattr(runs.signals(), name).shape, value)


@pytest.mark.parametrize("case", EVERY)
@pytest.mark.filterwarnings("error")
def test_the_page_is_whole_and_no_number_in_it_is_nan(case):
    page = render_report(*EVERY[case]())
    assert page.startswith("<!doctype html>\n<html lang=")
    parsed = Page(page)
    for element in parsed.elements:
        geometry = [
            str(element.get(name, "")) for name in ("d", "x", "y", "x1", "y1", "width", "height", "style", "viewbox")
        ]
        assert not re.search(r"nan|inf|e[+-]?\d", " ".join(geometry)), element
        for number in re.findall(r"-?\d+\.?\d*", element.get("d", "")):
            assert abs(float(number)) <= 10_000
    assert len(parsed.texts("h1")) == 1
    assert len(parsed.all("figure")) >= 7


@pytest.mark.parametrize("case", EVERY)
def test_the_page_asks_nothing_of_the_network(case):
    page = render_report(*EVERY[case]())
    for forbidden in ("http:", "https:", "url(", "<script", "<link", "src=", "@import", "xmlns", "<img", "<iframe"):
        assert forbidden not in page, forbidden
    assert all(element["href"].startswith("#") for element in Page(page).all("a"))
    assert "default-src 'none'" in page


def test_the_verdict_is_the_headline_with_the_count_and_the_numbers():
    parsed = Page(render_report(runs.signals(), runs.diagnosis(), title="Night run 7"))
    assert parsed.texts("h1") == ["Scale the inputs: they are far out of range, and units die of it."]
    assert parsed.texts("title")[0].startswith("Night run 7: Scale the inputs")
    assert parsed.texts("p", **{"class": "count"}) == ["3 findings: 2 errors, 1 warning · after 10 epochs"]
    assert {"training skill", "variance"} <= set(parsed.texts("dt"))
    assert "0.71 (0.68 to 0.74)" in parsed.texts("dd")


def test_findings_stand_in_their_order_with_all_that_is_known_of_them():
    diagnosis = runs.diagnosis()
    page = render_report(runs.signals(), diagnosis)
    items = [e for e in Page(page).all("li") if e.get("class", "").startswith("finding")]
    assert [item["id"] for item in items] == list(diagnosis.faults)
    for item, finding in zip(items, diagnosis.findings, strict=True):
        text = " ".join(item["text"].split())
        for part in (finding.title, finding.severity, finding.summary, finding.remedy, finding.layer or ""):
            assert part in text
        for name, evidence in finding.evidence.items():
            assert f"{name}{evidence.value:g}> {evidence.threshold:g}{evidence.unit}" in text
        for line in finding.code or ():
            assert line in text
    assert "first seen at epoch 3" in items[1]["text"]
    assert "seen before the first step" in items[0]["text"]


def test_code_in_a_remedy_is_set_as_code():
    finding = Finding("dead_relu", "Units of `dense` died.", "Take `LeakyReLU(0.1)`, or <b> lower.")
    page = render_report(Signals(), Diagnosis((finding,), "Dead ReLU."))
    assert "Take <code>LeakyReLU(0.1)</code>, or &lt;b&gt; lower." in page
    assert "`" not in page.partition("<body")[2]


def test_the_changed_line_is_marked_as_before_and_after():
    parsed = Page(render_report(runs.signals(), runs.diagnosis()))
    (before, _), (after, _) = parsed.texts("del"), parsed.texts("ins")
    assert (before, after) == runs.diagnosis().findings[0].code


def test_a_line_to_add_has_no_before():
    finding = Finding("high_variance", "s", "r", code=("", "callbacks=[stop]"))
    parsed = Page(render_report(Signals(), Diagnosis((finding,), "v")))
    assert (parsed.texts("del"), parsed.texts("ins")) == ([], ["callbacks=[stop]"])


def test_a_finding_links_to_the_cause_that_was_found_as_well():
    page = render_report(runs.signals(), runs.diagnosis())
    assert [(a["href"], a["text"]) for a in Page(page).all("a")] == [("#unnormalized_inputs", "unnormalized inputs")]
    assert "Follows from unnormalized inputs, learning rate too high: mend that first." in text_of(page)


def test_text_of_others_is_escaped():
    evil = "<b>&\"'</style><script>"
    signals = runs.signals()
    layers = tuple(dataclasses.replace(layer, name=evil, kind=evil, activation=evil) for layer in signals.layers)
    finding = Finding("dead_relu", evil, evil, {evil: Evidence(1.0, 2.0, evil)}, layer=evil, code=(evil, evil))
    diagnosis = Diagnosis((finding,), evil, numbers={evil: evil}, notes=(evil,))
    signals = dataclasses.replace(signals, layers=layers, variables=(evil,) * 12, notes=(evil,))
    page = render_report(signals, diagnosis, title=evil)
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert not Page(page).all("b", text=evil)
    assert text_of(page).count(evil) > 10
    assert html.escape(evil).replace("&quot;", "&#34;").replace("&#x27;", "&#39;") in page


def test_no_findings_is_said():
    parsed = Page(render_report(runs.signals(), NOTHING))
    assert parsed.texts("p", **{"class": "count"}) == ["no findings"]
    assert "Findings" not in parsed.texts("h2")


def test_every_figure_has_a_title_labels_a_legend_and_says_how_to_read_it():
    page = render_report(runs.signals(), runs.diagnosis())
    names = [element["id"] for element in Page(page).all("figure")]
    assert names == ["loss", "skill", "gradient-flow", "dead", "saturated", "update-ratio", "weight-norm"]
    for name in names:
        parsed = Page(figure(page, name))
        assert parsed.texts("h3")[0]
        assert "How to read:" in parsed.texts("p")[-1]
        assert next(svg["aria-label"] for svg in parsed.all("svg", role="img")).count(":") == 1
        labels = [e for e in parsed.all("p") if e.get("class", "").startswith("label")]
        assert len(labels) == 2
        assert (
            parsed.all("ul", **{"class": "legend"}) or parsed.all("div", **{"class": "scale share"}) or "flow" in name
        )
        assert len([e for e in parsed.all("span") if "left:" in e.get("style", "")]) >= 2


def test_a_gap_in_the_measurement_is_a_gap_in_the_curve():
    loss = runs.signals().train_loss.copy()
    whole = figure(render_report(runs.signals(), NOTHING), "loss")
    loss[9:11] = np.nan, np.inf
    broken = figure(render_report(runs.signals(train_loss=loss), NOTHING), "loss")

    def pieces(source):
        (line,) = Page(source).all("path", **{"class": "line train"})
        return line["d"].count("M"), line["d"].count("L") + line["d"].count("M")

    assert pieces(whole) == (1, 18)
    assert pieces(broken) == (2, 16)


def test_a_curve_lies_where_its_numbers_are():
    signals = runs.signals(epochs=4, dense=1, train_skill=np.array([0.0, 0.25, 0.5, 0.75, 1.0]))
    (line,) = Page(figure(render_report(signals, NOTHING), "skill")).all("path", **{"class": "line train"})
    points = np.array([[float(c) for c in point.split()] for point in line["d"][1:].split("L")])
    np.testing.assert_allclose(np.diff(points[:, 0]), 1000 / 1.04 / 4, atol=0.11)
    np.testing.assert_allclose(np.diff(points[:, 1]), -1000 / 1.06 / 4, atol=0.11)


def test_without_validation_there_is_no_gap():
    nan = np.full(18, np.nan)
    page = render_report(runs.signals(validation_loss=nan, validation_loss_error=nan, validation_skill=nan), NOTHING)
    for name in ("loss", "skill"):
        source = figure(page, name)
        assert "training" in source
        assert "generalization gap" not in source
        assert 'class="line validation"' not in source


def test_the_attainable_skill_is_a_line():
    page = render_report(runs.signals(), NOTHING)
    assert "attainable: 0.92" in figure(page, "skill")
    assert "attainable" not in figure(render_report(Signals(), NOTHING), "skill")


def test_a_gradient_of_exactly_zero_does_not_look_like_a_missing_one():
    norms = runs.signals().gradient_norm.copy()
    norms[3, 0], norms[4, 0], norms[5, 0] = 0.0, np.nan, np.inf
    source = figure(render_report(runs.signals(gradient_norm=norms), NOTHING), "gradient-flow")
    (zero,) = Page(source).all("path", **{"class": "zero"})
    (none,) = Page(source).all("path", **{"class": "none"})
    assert (zero["d"].count("M"), none["d"].count("M")) == (1, 1)
    assert {"exactly 0", "not measured"} <= set(Page(source).texts("span"))
    assert "exactly 0" not in figure(render_report(runs.signals(), NOTHING), "gradient-flow")


def test_a_learning_rate_that_changes_has_a_figure():
    falling = 0.1 * 0.9 ** np.arange(18)
    assert 'id="learning-rate"' in render_report(runs.signals(learning_rate=falling), NOTHING)
    assert 'id="learning-rate"' not in render_report(runs.signals(), NOTHING)


def test_what_was_not_measured_is_said_and_not_drawn():
    page = render_report(Signals(), NOTHING)
    assert page.count("Not measured.") == 7
    assert "<svg" not in page


def test_many_layers_scroll_in_a_container_and_stay_small():
    signals = runs.signals(depth=200, epochs=300)
    page = render_report(signals, NOTHING)
    assert len(page) < 1.5e6
    assert len(Page(figure(page, "gradient-flow")).all("span", **{"class": "name"})) == 200
    assert figure(page, "weight-norm").count('class="line depth') == 40
    assert re.search(r"\.rows \{[^}]*max-height: 26rem; overflow-y: auto", page)


def test_a_long_name_is_cut_and_stands_whole_in_its_title():
    name = "model/" + "a" * 60 + "/dense"
    signals = runs.signals()
    layers = (dataclasses.replace(signals.layers[0], name=name), *signals.layers[1:])
    source = figure(render_report(dataclasses.replace(signals, layers=layers), NOTHING), "dead")
    first = Page(source).all("span", **{"class": "name"})[0]
    assert len(first["text"]) == 30
    assert "…" in first["text"]
    assert first["title"].startswith(name)


def test_the_tables_name_layers_outputs_and_the_run():
    parsed = Page(render_report(runs.signals(), NOTHING))
    assert parsed.all("th", scope="row")
    assert all(e.get("scope") in ("row", "col") for e in parsed.all("th"))
    cells = parsed.texts("td")
    assert {"Dense", "softmax", "sparse_categorical_crossentropy", "index", "98.2"} <= set(cells)
    assert {"4,000", "10 of 20", "SGD", "65,226"} <= set(parsed.texts("dd"))


def test_notes_of_both_are_listed_once():
    notes = ("one", "two")
    page = render_report(runs.signals(notes=notes), runs.diagnosis(notes=("two", "three")))
    (listed,) = Page(page).texts("ul", **{"class": "notes"})
    assert listed == "two three one"


def test_headings_step_down_by_one():
    parsed = Page(render_report(runs.signals(), runs.diagnosis()))
    levels = [int(e["tag"][1]) for e in parsed.elements if re.fullmatch(r"h\d", e["tag"])]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_light_and_dark_are_both_there():
    assert "@media (prefers-color-scheme: dark)" in render_report(Signals(), NOTHING)


def test_the_same_input_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_report(runs.signals(), runs.diagnosis(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_signals_keep_in_a_file_gives_the_same_page(tmp_path):
    runs.signals().save(tmp_path / "signals.npz")
    loaded = Signals.load(tmp_path / "signals.npz")
    assert render_report(loaded, NOTHING) == render_report(runs.signals(), NOTHING)


def test_writes_utf_8_and_returns_the_path(tmp_path):
    path = write_report(Signals(), NOTHING, str(tmp_path / "r.html"), title="Größe \ud800")
    assert path == tmp_path / "r.html"
    assert "Größe &#55296;" in path.read_bytes().decode("utf-8")


def test_the_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("the last one")

    def fails(source, target):
        assert path.read_text() == "the last one"
        assert source != target
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fails)
        with pytest.raises(OSError, match="disk full"):
            write_report(runs.signals(), NOTHING, path)
    assert path.read_text() == "the last one"
    write_report(runs.signals(), NOTHING, path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [item.name for item in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(signals={}), r"`signals` must be Signals. Received: signals=\{\}"),
        (dict(diagnosis=None), "`diagnosis` must be a Diagnosis"),
        (dict(title=3), "`title` must be text or None. Received: title=3"),
        (dict(title=" "), "`title` must be text or None"),
        (dict(path=None), "`path` must be the name of a file"),
        (dict(path=""), "`path` must be the name of a file"),
        (dict(path="."), "`path` must be a file, not a folder"),
        (dict(path="no/such/folder/report.html"), "`path` must be in a folder that exists"),
        (dict(signals=Signals(step=np.arange(2), epoch=np.arange(2), train_loss=np.ones(3))), "`signals.train_loss`"),
        (dict(signals=Signals(step=np.arange(2), epoch=np.arange(2), dead=np.ones((2, 1)))), "`signals.dead`"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = {"signals": Signals(), "diagnosis": NOTHING, "path": "report.html", **change}
    with pytest.raises(ValueError, match=message):
        write_report(**arguments)
    assert list(tmp_path.iterdir()) == []
