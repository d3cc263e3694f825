"""Script: how the coming steps of a workflow are played. Each workflow has one; this is what they have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scanner.ahead.way import Way
from scanner.by import By
from scanner.models import Task
from scanner.prompt import Prompt


class Script:
    """A workflow that shows each state of its work by another prompt, and counts nothing."""

    def begin(self, task: Task, by: By) -> None:
        """Read what all steps need into task.memo["facts"], and what they change into a picture: task.memo["book"].

        The facts stay; what is under "read" in them the workflow finds in its memo at every step. The picture is put
        back between two plays, so it is of data that nobody changes.
        """

    def ways(self, task: Task, by: By) -> Iterable[Way]:
        """The codes that the floor can give at the present step."""
        raise NotImplementedError

    def other(self, _task: Task) -> str:
        """What any other code is: 'stop' (wrong here) or 'keep' (for the server to judge)."""
        return "keep"

    def needs(self, _task: Task) -> str:
        """What cannot be done at this step without the server, in a worker's words."""
        return ""

    def same(self, task: Task) -> Any:
        """What two notebooks must have in common to stand at the same step, beside its name."""
        return task.state, task.location_id

    def steady(self, prompt: Prompt) -> Prompt:
        """The prompt without what may differ within one step."""
        return prompt

    def drawn(self, _task: Task, prompt: Prompt) -> Prompt:
        """The prompt as a device gets it."""
        return prompt

    def is_bare(self, prompt: Prompt, drawn: Prompt) -> bool:
        """Whether the server's own screen shows more than a device gets: then it is waited for, if not for long."""
        return drawn != prompt

    def figure(self, _task: Task) -> int | None:
        """The figure that the step counts; None when it counts nothing."""
        return None

    def added(self, _before: dict[str, Any], _task: Task) -> int | None:
        """How much more a play has counted, where a step's figure goes on when the work comes back to it; else None."""
        return None
