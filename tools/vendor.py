"""Copy the browser libraries we serve into static/vendor, and write down what they are.

    python tools/vendor.py           fetch the pinned packages with npm and copy the files again
    python tools/vendor.py --check   compare static/vendor with its MANIFEST.json; needs no network

The files are committed, so that neither running nor deploying needs node. Each carries its version
in its name: a new version is a new address, and no cache can serve the old one for it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "MANIFEST.json"

# package -> {file in the package: name here}; {v} is the version that package.json pins
FILES = {
    "htmx.org": {
        "dist/htmx.min.js": "htmx-{v}.min.js",
        "dist/ext/hx-csp.min.js": "hx-csp-{v}.min.js",
        "LICENSE": "htmx-{v}.LICENSE.txt",
    },
    "zxing-wasm": {
        "dist/iife/reader/index.js": "zxing-wasm-{v}.reader.js",
        "dist/reader/zxing_reader.wasm": "zxing-wasm-{v}.reader.wasm",
        "LICENSE": "zxing-wasm-{v}.LICENSE.txt",
    },
}
SPDX = {"BSD-0-Clause": "0BSD"}  # a package's own word -> the licence's listed name


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


def manifest() -> list[Entry]:
    """The committed list of vendored files."""
    entries: list[Entry] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return entries


def faults() -> list[str]:
    """What is wrong with static/vendor, a sentence each; empty when every file is as listed."""
    listed = {entry["path"]: entry for entry in manifest()}
    present = {path.name for path in VENDOR.iterdir()} - {MANIFEST.name}
    found = [f"{name} is not in MANIFEST.json" for name in sorted(present - set(listed))]
    for name, entry in sorted(listed.items()):
        if name not in present:
            found.append(f"{name} is missing")
        elif sha256(VENDOR / name) != entry["sha256"]:
            found.append(f"{name} is not the file that was vendored: its SHA-256 differs")
        elif entry["version"] not in name:
            found.append(f"{name} does not carry its version, {entry['version']}")
    return found


def copy_package(package: str, files: dict[str, str]) -> list[Entry]:
    """Copy one package's files out of node_modules."""
    home = ROOT / "node_modules" / package
    about = json.loads((home / "package.json").read_text(encoding="utf-8"))
    entries: list[Entry] = []
    for source, pattern in files.items():
        name = pattern.format(v=about["version"])
        shutil.copyfile(home / source, VENDOR / name)
        entries.append(
            Entry(
                path=name,
                package=package,
                version=about["version"],
                sha256=sha256(VENDOR / name),
                licence=SPDX.get(about["license"], about["license"]),
            )
        )
    return entries


def fetch() -> None:
    """Fetch the pinned packages and make static/vendor anew."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to fetch the browser libraries: install Debian's npm.")
    subprocess.run([npm, "ci", "--ignore-scripts"], cwd=ROOT, check=True)
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    entries = [entry for package, files in FILES.items() for entry in copy_package(package, files)]
    MANIFEST.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Fetch, or with --check only compare; 1 when something is wrong."""
    parser = argparse.ArgumentParser(description="Make or check static/vendor.")
    parser.add_argument("--check", action="store_true", help="compare only, change nothing")
    if not parser.parse_args().check:
        fetch()
    found = faults()
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
