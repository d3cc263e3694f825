"""Ahead: the coming steps of a task, played by the server before they are done, for a device that may lose its network.

The workflow's own `step()` and `prompt()` are played with the real `find()`, in a transaction that cannot write
(scanner/rehearsal.py). So there is no second application that could judge otherwise, and the server decides again when
the scans come.

    playing    plays a task's ways, nearest first, within bounds      way     Way, Step: what a code does; a step
    script     what a workflow tells of its play; scripts: all        key     the name of a step
    codes      codes in every form in which scanners send them        pick, putaway, ...: the script of each workflow
"""

from scanner.ahead.key import key_of
from scanner.ahead.playing import play
from scanner.ahead.way import Leads, Step, Way

__all__ = ["Leads", "Step", "Way", "key_of", "play"]
