"""Time of `import kerasparts` after `import keras`, against `import keras` alone: pairs of fresh processes, in turn.

python benchmarks/import_time.py [PAIRS]
"""

import os
import statistics
import subprocess
import sys
import time

from rows import compared

ENVIRONMENT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}


def seconds(code):
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main(pairs=5, short=False):
    """`short`: three pairs."""
    pairs = 3 if short else pairs
    theirs, ours = "import keras", "import keras, kerasparts"
    for code in (theirs, ours):  # files into the cache of the operating system
        seconds(code)
    times = [(seconds(theirs), seconds(ours)) for _ in range(pairs)]
    keras_alone = statistics.median(one for one, _ in times)
    difference = statistics.median(two - one for one, two in times)
    ratio = statistics.median(two / one for one, two in times)
    print(f"import keras: {keras_alone:.2f} s; with kerasparts: {difference:+.2f} s, ratio {ratio:.3f} ({pairs} pairs)")
    return [compared("import keras, kerasparts", "import keras", *zip(*((b, a) for a, b in times), strict=True))]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
