"""Pages of the site: README, one for each part from its docstring, one for each package, and the texts of the root."""

import inspect
import operator
import posixpath
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
TEXTS = {
    "examples.md": "examples/README.md",
    "speed.md": "benchmarks/RESULTS.md",
    "changelog.md": "kerasparts/CHANGELOG.md",
    "security.md": "SECURITY.md",
    "tests.md": "tests/README.md",
}
TEXTS = {page: file for page, file in TEXTS.items() if (ROOT / file).exists()}


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
    pages |= {page: linked((ROOT / file).read_text(), file, page) for page, file in TEXTS.items()}
    pages |= {page_of(entry.name): part(entry, files, config) for entry in PARTS}
    pages |= {f"{package}/index.md": overview(package, entries) for package, entries in PACKAGES.items()}
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_config(config):
    """The texts, and the parts by package."""
    sections = []
    for package, entries in PACKAGES.items():
        pages = [{entry.name.rpartition(".")[2]: page_of(entry.name)} for entry in entries]
        sections.append({package: [f"{package}/index.md", *pages]})
    texts = [{path.removesuffix(".md").capitalize(): path} for path in TEXTS]
    guides = re.findall(r"\[([^\]]+)\]\(docs/(guide/\w+\.md)\)", (ROOT / "README.md").read_text())
    guides = [{label: page} for page, label in {page: label for label, page in guides}.items()]
    start = ["index.md", {"Guides": guides}, {"Migration": "migration.md"}, *texts]
    config.nav = [{"Start": start}, {"Parts and gauges": sections}]
    return config


def on_page_markdown(markdown, page, config, files):
    file = f"docs/{page.file.src_uri}"
    return linked(markdown, file, page.file.src_uri) if in_docs(file) else markdown


def page_of(name):
    package, _, part_name = name.rpartition(".")
    return f"{package}/{part_name}.md"


SHOWN = {"README.md": "index.md"} | {file: page for page, file in TEXTS.items()}
SHOWN |= {entry.name: page_of(entry.name) for entry in PARTS}


def part(entry, files, config):
    """Title, what it does that Keras does not, picture, and the docstring."""
    name = entry.name.rpartition(".")[2]
    lines = ["---", "search: {boost: 3}", "---", f"# {name}", "", f"`kerasparts.{entry.name}` · {entry.kind}", ""]
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
    return linked((ROOT / "README.md").read_text(), "README.md", "index.md").replace('src="docs/', 'src="')


def linked(content, file, page):
    """Links of a file of the repository lead to pages, where one shows what they name; else to none."""

    def lead(match):
        code, picture, label, path, anchor = match.groups()
        if code:
            return code
        to = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        to = SHOWN.get(label.strip("`")) or SHOWN.get(to) or (to.removeprefix("docs/") if in_docs(to) else None)
        if to is None:
            return label
        return f"{picture}[{label}]({posixpath.relpath(to, posixpath.dirname(page) or '.')}{anchor or ''})"

    code, link = r"(```.*?```|`[^`\n]*`)", r"(!?)\[([^\]]+)\]\((?!http|#)([^)#]+)(#[^)]*)?\)"
    return re.sub(f"{code}|{link}", lead, content, flags=re.DOTALL)


def in_docs(path):
    return path.startswith("docs/") and (ROOT / path).is_file()
