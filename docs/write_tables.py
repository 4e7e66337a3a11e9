"""Writes README's table of parts anew: `python docs/write_tables.py`.

What each part does that Keras does not stands in `kerasparts/listing/remarks.toml`.
"""

import re
from pathlib import Path

import kerasparts as kp

README = Path(__file__).parents[1] / "README.md"

if __name__ == "__main__":
    table = f"\\1{kp.catalog().to_markdown()}\\2"
    text, found = re.subn(r"(<!-- parts:.*-->\n)[\s\S]*?(\n<!-- /parts -->)", table, README.read_text())
    assert found == 1
    README.write_text(text)
