"""Pages of the site: README, one for each part from its docstring, one for each package, and the texts of the root."""

import inspect
import io
import operator
import re
from collections import defaultdict
from dataclasses import is_dataclass
from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
from mkdocs.structure.files import File

import kerasparts as kp

ROOT = Path(__file__).parents[2]
TEXTS = {"changelog.md": "kerasparts/CHANGELOG.md", "security.md": "SECURITY.md", "tests.md": "tests/README.md"}


def on_files(files, config):
    parts = kp.catalog()
    pages = {"index.md": f"---\nhide: [navigation]\n---\n{readme(parts)}"}
    pages |= {page: text((ROOT / path).read_text()) for page, path in TEXTS.items() if (ROOT / path).exists()}
    by_package = defaultdict(list)
    for entry in parts:
        by_package[entry.name.rpartition(".")[0]].append(entry)
        pages[page_of(entry.name)] = part(entry, files, config)
    for package in packages():
        pages[f"{package}/index.md"] = overview(package, by_package[package])
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_config(config):
    """The parts by package, and the texts."""
    by_package = defaultdict(list)
    for entry in kp.catalog():
        package, _, name = entry.name.rpartition(".")
        by_package[package].append({name: page_of(entry.name)})
    sections = [{package: [f"{package}/index.md", *by_package[package]]} for package in packages()]
    texts = [{path.removesuffix(".md").capitalize(): path} for path, file in TEXTS.items() if (ROOT / file).exists()]
    config.nav = [{"Start": ["index.md", {"Migration": "migration.md"}, *texts]}, {"Parts and gauges": sections}]
    return config


def packages():
    """Those with names to type, in the order of README's table, those without parts last."""
    first = dict.fromkeys(entry.name.rpartition(".")[0] for entry in kp.catalog())
    return [*first, *(name for name in sorted(kp.__all__) if inspect.ismodule(getattr(kp, name)) and name not in first)]


def page_of(name):
    package, _, part_name = name.rpartition(".")
    return f"{package}/{part_name}.md"


def part(entry, files, config):
    """Title, what it does that Keras does not, picture, and the docstring."""
    name = entry.name.rpartition(".")[2]
    lines = [f"# {name}", "", f"`kerasparts.{entry.name}` · {entry.kind}", ""]
    beyond = entry.beyond_keras[0].upper() + entry.beyond_keras[1:]
    lines += ['!!! abstract "What it does that Keras does not"', f"    {beyond}.", ""]
    if entry.answers:
        lines += [f"The note that it answers: *{entry.answers}*.", ""]
    picture = draw(entry)
    if picture is not None:
        file = File.generated(config, f"images/parts/{entry.name}.svg", content=picture)
        files.append(file)
        lines += [f"![{name}](../images/parts/{entry.name}.svg)", ""]
    return "\n".join([*lines, api(entry.name)])


def api(name):
    """Signature, a line for each argument where one for all is too long, and docstring."""
    value = operator.attrgetter(name)(kp)
    is_written = inspect.isfunction(getattr(value, "__init__", None)) and not is_dataclass(value)
    is_written = is_written or inspect.isfunction(value)
    parameters = inspect.signature(value).parameters.values() if is_written else []
    arguments = [str(parameter.replace(annotation=parameter.empty)) for parameter in parameters]
    short = f"{name.rpartition('.')[2]}({', '.join(arguments)})"
    if len(short) > 90:
        short = "\n".join([short.partition("(")[0] + "(", *(f"    {one}," for one in arguments), ")"])
    code = f"```python\n{short}\n```\n\n" if arguments else ""
    return f"{code}::: {kp.__name__}.{name}\n"


def overview(package, entries):
    """A package: what it is for, its parts in a table, and all other names."""
    module = operator.attrgetter(package)(kp)
    lines = [f"# {package}", "", inspect.getdoc(module), ""]
    if entries:
        lines += ["| | what it is |", "|---|---|"]
        lines += [f"| [`{e.name.rpartition('.')[2]}`]({Path(page_of(e.name)).name}) | {e.summary} |" for e in entries]
    known = {entry.name for entry in entries}
    for name in module.__all__:
        value = getattr(module, name)
        if f"{package}.{name}" not in known and not inspect.ismodule(value) and inspect.getdoc(value):
            lines += ["", f"## {name}", "", api(f"{package}.{name}")]
    return "\n".join(lines)


def readme(parts):
    """README, with its links to files turned to the pages of the parts."""
    content = (ROOT / "README.md").read_text()
    for entry in parts:
        content = content.replace(f"[`{entry.name}`]({entry.file})", f"[`{entry.name}`]({page_of(entry.name)})")
    return text(content.replace("](docs/images/", "](images/"))


def text(content):
    """Links lead to pages, where the file is one; else to none."""
    for page, file in TEXTS.items():
        content = content.replace(f"]({file})", f"]({page})")
    pages = "|".join(map(re.escape, [*TEXTS, *(page_of(entry.name) for entry in kp.catalog())]))
    return re.sub(rf"\[([^\]]+)\]\((?!http|#|images/|(?:{pages})\))[^)]+\)", r"\1", content)


def draw(entry):
    """SVG of what the part does, or None."""
    name = entry.name.rpartition(".")[2]
    if entry.kind == "activation" and name != "Softmax":
        axes = kp.plots.plot_activation(getattr(kp.activations, name)())
    elif name in SCHEDULES:
        axes = kp.plots.plot_schedule(getattr(kp.optimizers.schedules, name)(**SCHEDULES[name]), steps=100)
    else:
        return None
    output = io.BytesIO()
    axes.figure.savefig(output, format="svg", bbox_inches="tight")
    plt.close(axes.figure)
    return output.getvalue()


SCHEDULES = {
    "StepDecay": {"learning_rate": 0.1, "every": 20, "factor": 0.5},
    "Warmup": {"schedule": kp.optimizers.schedules.StepDecay(0.1, every=30, factor=0.5), "length": 15},
    "Chain": {"schedules": [0.1, kp.optimizers.schedules.StepDecay(0.05, every=20, factor=0.5)], "lengths": [30]},
    "OneCycle": {"learning_rate": 0.1, "length": 100},
    "Cyclical": {"minimum": 0.02, "maximum": 0.1, "half_cycle": 15, "mode": "triangular2"},
    "CosineWarmRestarts": {"learning_rate": 0.1, "length": 15, "growth": 2.0},
    "InverseSquareRoot": {"learning_rate": 0.1, "warmup": 10},
}
