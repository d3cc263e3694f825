"""Copy what we did not write ourselves out of npm packages, and write down what it is.

    python tools/vendor.py           fetch the pinned packages with npm and copy the files again
    python tools/vendor.py --check   compare the folders with their MANIFEST.json; needs no network

The files are committed, so that neither running nor deploying needs node: browser libraries in static/vendor, the
labels' fonts in labels/fonts, the independent ZPL renderer of the tests in tests/labels/vendor. Each carries its
version in its name: a new version is a new address, and no cache can serve the old one for it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
FONTS = ROOT / "labels" / "fonts"
RENDERER = ROOT / "tests" / "labels" / "vendor"

# folder -> package -> {file in the package: name here}; {v} is the version that package.json pins. A name that ends in
# .gz is packed here; a file called MIT is written here, for a package that names its licence and forgets its text.
FILES = {
    VENDOR: {
        "htmx.org": {
            "dist/htmx.min.js": "htmx-{v}.min.js",
            "dist/ext/hx-csp.min.js": "hx-csp-{v}.min.js",
            "LICENSE": "htmx-{v}.LICENSE.txt",
        },
        "idb": {
            "build/umd.js": "idb-{v}.umd.js",
            "LICENSE": "idb-{v}.LICENSE.txt",
        },
        "zxing-wasm": {
            "dist/iife/reader/index.js": "zxing-wasm-{v}.reader.js",
            "dist/reader/zxing_reader.wasm": "zxing-wasm-{v}.reader.wasm",
            "LICENSE": "zxing-wasm-{v}.LICENSE.txt",
        },
    },
    FONTS: {
        "dejavu-fonts-ttf": {
            "ttf/DejaVuSansCondensed.ttf": "DejaVuSansCondensed-{v}.ttf",
            "ttf/DejaVuSansCondensed-Bold.ttf": "DejaVuSansCondensed-Bold-{v}.ttf",
            "LICENSE": "DejaVuSansCondensed-{v}.LICENSE.txt",
        },
    },
    RENDERER: {
        "zpl-renderer-js": {
            "dist/index.umd.js": "zpl-renderer-js-{v}.js.gz",
            "MIT": "zpl-renderer-js-{v}.LICENSE.txt",
        },
    },
}
# a package's own word -> the licence's listed name
SPDX = {"BSD-0-Clause": "0BSD", "SEE LICENSE IN README.md AND LICENSE": "Bitstream-Vera"}
HOLDERS = {"zpl-renderer-js": ("2025 Fabrizio", "IngridHQ (zebrash, the renderer within)")}
MIT = """MIT License

{holders}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


class Entry(TypedDict):
    """One vendored file, as MANIFEST.json lists it."""

    path: str
    package: str
    version: str
    sha256: str
    licence: str


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def manifest(folder: Path) -> list[Entry]:
    """The committed list of a folder's vendored files."""
    entries: list[Entry] = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))
    return entries


def faults(folder: Path) -> list[str]:
    """What is wrong with a folder, a sentence each; empty when every file is as listed."""
    listed = {entry["path"]: entry for entry in manifest(folder)}
    present = {path.name for path in folder.iterdir()} - {"MANIFEST.json"}
    found = [f"{name} is not in MANIFEST.json" for name in sorted(present - set(listed))]
    for name, entry in sorted(listed.items()):
        if name not in present:
            found.append(f"{name} is missing")
        elif sha256(folder / name) != entry["sha256"]:
            found.append(f"{name} is not the file that was vendored: its SHA-256 differs")
        elif entry["version"] not in name:
            found.append(f"{name} does not carry its version, {entry['version']}")
    return found


def copy_package(package: str, files: dict[str, str], folder: Path) -> list[Entry]:
    """Copy one package's files out of node_modules."""
    home = ROOT / "node_modules" / package
    about = json.loads((home / "package.json").read_text(encoding="utf-8"))
    entries: list[Entry] = []
    for source, pattern in files.items():
        name = pattern.format(v=about["version"])
        _copy(package, home / source, folder / name)
        entries.append(
            Entry(
                path=name,
                package=package,
                version=about["version"],
                sha256=sha256(folder / name),
                licence=SPDX.get(about["license"], about["license"]),
            )
        )
    return entries


def _copy(package: str, source: Path, target: Path) -> None:
    if source.name == "MIT":
        holders = "\n".join(f"Copyright (c) {holder}" for holder in HOLDERS[package])
        target.write_text(MIT.format(holders=holders), encoding="utf-8")
    elif target.suffix == ".gz":
        target.write_bytes(gzip.compress(source.read_bytes(), mtime=0))  # the same bytes each time
    else:
        shutil.copyfile(source, target)


def fetch() -> None:
    """Fetch the pinned packages and make the folders anew."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to fetch what is vendored: install Debian's npm.")
    subprocess.run([npm, "ci", "--ignore-scripts"], cwd=ROOT, check=True)
    for folder, packages in FILES.items():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        entries = [entry for package, files in packages.items() for entry in copy_package(package, files, folder)]
        (folder / "MANIFEST.json").write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Fetch, or with --check only compare; 1 when something is wrong."""
    parser = argparse.ArgumentParser(description="Make or check what is vendored.")
    parser.add_argument("--check", action="store_true", help="compare only, change nothing")
    if not parser.parse_args().check:
        fetch()
    found = [fault for folder in FILES for fault in faults(folder)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
