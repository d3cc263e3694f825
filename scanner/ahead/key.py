"""Key: the name of a step: a hash over its prompt, so that server and device know it again by what it shows.

What a prompt shows beside the step is left out (each script's `steady`): which tote is in hand, a list that gets
shorter, a figure that a device counts on by itself.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from scanner.ahead.scripts import SCRIPTS
from scanner.prompt import Prompt

DIGITS = 12


def key_of(prompt: Prompt) -> str:
    """The step's name: 12 hexadecimal digits of SHA-256."""
    script = SCRIPTS.get(prompt.workflow)
    steady = prompt if script is None or prompt.is_done else script.steady(prompt)
    return hashlib.sha256(_JSON.encode(steady).encode()).hexdigest()[:DIGITS]


def _fields(part: Any) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__dataclass_fields__}


# What `Prompt.as_json` gives, without a copy of it on the way: many are named at once.
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_fields)
