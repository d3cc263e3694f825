"""Lean: our scripts and styles without their comments and indents, as they go to a phone.

A quarter of what we write there is for people. Whole lines of comment are left out, and a comment behind code where
nothing before it could make it a part of a string or of a pattern. Every character between two backticks stays. What
cannot be told for certain is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator


def lean(source: str) -> str:
    """The same script or style sheet, with the lines that only people read left out."""
    lines = list(_kept(source.split("\n")))
    return source if None in lines else "\n".join(line for line in lines if line is not None) + "\n"


def _kept(lines: list[str]) -> Iterator[str | None]:
    """The lines that count. None at the end means that the file was not understood."""
    in_comment = in_template = False
    for line in lines:
        bare = line.strip()
        if in_template:
            in_template ^= _turns(line)
            yield line
        elif in_comment or bare.startswith("/*"):
            in_comment = "*/" not in bare
            if not in_comment and not bare.endswith("*/"):
                yield None  # code behind a comment's end: nobody writes that here
        elif bare and not bare.startswith("//"):
            in_template = _turns(line)
            yield line.lstrip() if in_template else _without_remark(bare)
    if in_comment or in_template:
        yield None


def _without_remark(line: str) -> str:
    """The code of a line. Where it cannot be told for certain that its remark is one, it keeps it.

    With one kind of quotes, all of them closed, and nothing that escapes a quote or begins a pattern, it is one.
    """
    code, slashes, _ = line.rpartition(" // ")
    quotes = set(code) & {"'", '"'}
    is_closed = len(quotes) < 2 and not any(code.count(quote) % 2 for quote in quotes)
    return code.rstrip() if slashes and is_closed and not set(code) & set("\\`/") else line


def _turns(line: str) -> bool:
    """Whether a template literal is open behind this line where none was, or the other way round."""
    return bool((line.count("`") - line.count("\\`")) % 2)
