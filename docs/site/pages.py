"""Pages of the site: README, one for each part from its docstring, one for each package, and the texts of the root."""

import inspect
import operator
import re
import sys
from dataclasses import is_dataclass
from pathlib import Path

import matplotlib
from mkdocs.structure.files import File

import kerasparts as kp

matplotlib.use("svg")  # no window, and no choice of one
sys.path.insert(0, str(Path(__file__).parent))
from pictures import picture

ROOT = Path(__file__).parents[2]
PARTS = kp.catalog()
TEXTS = {"changelog.md": "kerasparts/CHANGELOG.md", "security.md": "SECURITY.md", "tests.md": "tests/README.md"}


def by_package():
    """The parts of each, in the order of README's table; then those with names to type and no parts."""
    package_of = {entry: entry.name.rpartition(".")[0] for entry in PARTS}
    order = dict.fromkeys(package_of.values())
    parts = {package: [entry for entry in PARTS if package_of[entry] == package] for package in order}
    others = (name for name in sorted(kp.__all__) if inspect.ismodule(getattr(kp, name)) and name not in parts)
    return parts | dict.fromkeys(others, ())


PACKAGES = by_package()


def on_files(files, config):
    pages = {"index.md": f"---\nhide: [navigation]\n---\n{readme()}"}
    pages |= {page: text((ROOT / path).read_text()) for page, path in TEXTS.items() if (ROOT / path).exists()}
    pages |= {page_of(entry.name): part(entry, files, config) for entry in PARTS}
    pages |= {f"{package}/index.md": overview(package, entries) for package, entries in PACKAGES.items()}
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_config(config):
    """The parts by package, and the texts."""
    sections = []
    for package, entries in PACKAGES.items():
        pages = [{entry.name.rpartition(".")[2]: page_of(entry.name)} for entry in entries]
        sections.append({package: [f"{package}/index.md", *pages]})
    texts = [{path.removesuffix(".md").capitalize(): path} for path, file in TEXTS.items() if (ROOT / file).exists()]
    config.nav = [{"Start": ["index.md", {"Migration": "migration.md"}, *texts]}, {"Parts and gauges": sections}]
    return config


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
    drawn = picture(entry)
    if drawn is not None:
        files.append(File.generated(config, f"images/parts/{entry.name}.svg", content=drawn))
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


def readme():
    """README, with its links to files turned to the pages of the parts."""
    content = (ROOT / "README.md").read_text()
    for entry in PARTS:
        content = content.replace(f"[`{entry.name}`]({entry.file})", f"[`{entry.name}`]({page_of(entry.name)})")
    return text(content.replace("](docs/images/", "](images/"))


def text(content):
    """Links lead to pages, where the file is one; else to none."""
    for page, file in TEXTS.items():
        content = content.replace(f"]({file})", f"]({page})")
    pages = "|".join(map(re.escape, [*TEXTS, *(page_of(entry.name) for entry in PARTS)]))
    return re.sub(rf"\[([^\]]+)\]\((?!http|#|images/|(?:{pages})\))[^)]+\)", r"\1", content)
