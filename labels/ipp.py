"""IPP: CUPS queues and driverless printers, spoken to by `ipptool` of Debian's cups-ipp-utils.

Requests are files of ours in labels/ipp_tests; what varies goes in as variables, the data as a file, never through a
shell. The host's name is replaced by the address that was allowed, so ipptool looks nothing up.
"""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

from labels.host_status import State
from labels.printers import CONNECT_S, Beat, Doubtful, NotReached, NotTaken, Sent, out_of_reach
from labels.reach import Reach, connect, ipp_address

TESTS: Final = Path(__file__).parent / "ipp_tests"
ANSWER_S: Final = 8
PRINT_S: Final = 60  # for a job's data to be taken
FINISH_S: Final = 120  # until it is out; longer jobs stay "sent"
BEAT_S: Final = 2.0
FORMATS: Final = {"pdf": "application/pdf", "png": "image/png", "zpl": "application/vnd.cups-raw"}
ABORTED: Final = (7, 8)  # RFC 8011, 5.3.7: canceled, aborted
COMPLETED: Final = 9
STOPPED: Final = 5  # RFC 8011, 5.4.11: printer-state
MILD: Final = ("-report", "-warning")  # RFC 8011, 5.4.12: such a reason stops no printer
# RFC 8011, 5.4.12, and PWG 5100.9: the reasons that keep a label from coming out
REASONS: Final = (
    (re.compile(r"media-(empty|needed|jam)"), "paper_out", "It has no paper, or it is jammed."),
    (re.compile(r"(door|cover|interlock)-open"), "head_open", "A door of it is open."),
    (re.compile(r"(toner|marker-supply|marker-ribbon)-empty"), "ribbon_out", "Its toner or ribbon is used up."),
    (re.compile(r"(connecting-to-device|offline|timed-out|shutdown)"), "offline", "Its server cannot reach it."),
    (re.compile(r"paused|moving-to-paused"), "paused", "It is paused."),
)
# Small servers forget a job once it is out, or know no such question: to ask again brings nothing.
_NEVER: Final = re.compile(r"client-error|server-error-(operation|version)-not-supported")
NO_TOOL: Final = "The server has no ipptool. Install Debian's cups-ipp-utils."


class IppLine:
    """One printer behind an ipp:// address."""

    def __init__(self, address: str, reach: Reach) -> None:
        """Resolve the address. Raises NotReached when it may not be contacted, or none answers there."""
        with out_of_reach(address):
            host, port, path = ipp_address(address)
        with out_of_reach(host):
            found = _answering(reach.resolve(host, port), port)
        shown = f"[{found}]" if ":" in found else found
        self._uri = f"{urlsplit(address).scheme}://{shown}:{port}{path}"

    def state(self) -> State:
        """Get-Printer-Attributes."""
        answer = self._ask("printer", ANSWER_S, lambda: None)
        if not answer.get("StatusCode", "").startswith("successful"):
            words = answer.get("StatusCode") or answer.get("ErrorMessage") or "it does not answer"
            raise NotReached("printer_offline", f"It is out of reach: {words}."[:200])
        facts = _facts(answer)
        reasons = facts.get("printer-state-reasons", "none")
        told = [str(reason) for reason in reasons] if isinstance(reasons, list) else [str(reasons)]
        is_stopped = facts.get("printer-state") == STOPPED
        return _state(told, is_stopped=is_stopped, takes_jobs=facts.get("printer-is-accepting-jobs") is not False)

    def send(self, data: bytes, language: str, copies: int, name: str, beat: Beat) -> Sent:
        """Print-Job, then Get-Job-Attributes until it is out. Raises Doubtful, NotTaken."""
        with tempfile.NamedTemporaryFile(prefix="scandock-", suffix=f".{language}") as file:
            file.write(data)
            file.flush()
            try:
                facts = {"format": FORMATS[language], "copies": str(copies), "job": name}
                answer = self._ask("print", PRINT_S, beat, file.name, **facts)
            except NotReached as error:
                raise Doubtful("printer_stalled", error.words) from error
        status = answer.get("StatusCode", "")
        number = _facts(answer).get("job-id")
        if status.startswith("client-error"):
            raise NotTaken("printer_declines", f"It does not take the job: {status}.")
        if not status.startswith("successful") or not isinstance(number, int):
            raise Doubtful("printer_stalled", f"It did not say that it has the job ({status or 'no answer'}).")
        return self._followed(number, beat)

    def _followed(self, number: int, beat: Beat) -> Sent:
        give_up_at, pause_s = time.monotonic() + FINISH_S, 0.2
        while time.monotonic() < give_up_at:
            try:
                answer = self._ask("job", ANSWER_S, beat, number=str(number))
            except NotReached:
                return Sent(is_confirmed=False, words=f"It has taken the job as number {number} and says no more.")
            if _NEVER.match(answer.get("StatusCode", "")):
                return Sent(is_confirmed=False, words=f"It has taken the job as number {number} and does not keep it.")
            facts = _facts(answer)
            state, reasons = facts.get("job-state"), facts.get("job-state-reasons", "")
            if state == COMPLETED:
                return Sent(is_confirmed=True, words=f"The printer says that job {number} is out.")
            if state in ABORTED:
                raise Doubtful("printer_aborted", f"Its job {number} was stopped half-way: {reasons}.")
            beat()
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.5, BEAT_S)
        return Sent(is_confirmed=False, words=f"It is still at job {number}.")

    def _ask(self, test: str, timeout_s: int, beat: Beat, filename: str = "", **variables: str) -> dict[str, Any]:
        """Run one request; the answer's fields, or those of a failure. Raises NotReached."""
        program = shutil.which("ipptool")
        if program is None:
            raise NotReached("no_ipptool", NO_TOOL)
        words = [word for name, value in variables.items() for word in ("-d", f"{name}={value}")]
        words += ["-f", filename] if filename else []
        command = [program, "-X", "-T", str(timeout_s), *words, self._uri, str(TESTS / f"{test}.test")]
        with subprocess.Popen(  # noqa: S603 - no shell; what varies are values of options
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as run:
            try:
                out = _output(run, timeout_s + 2, beat)
            except BaseException:
                run.kill()
                raise
        return _answer(out)


def _answering(addresses: Sequence[str], port: int) -> str:
    """The address that is told to ipptool: of several the first that takes a connection. Raises OSError."""
    if len(addresses) == 1:
        return addresses[0]
    with connect(addresses, port, CONNECT_S) as line:
        return str(line.getpeername()[0])


def _state(reasons: list[str], *, is_stopped: bool, takes_jobs: bool) -> State:
    """What a printer's own words mean. Of one that is stopped a mild reason may be the only one that tells why."""
    told = ", ".join(reasons)
    grave = [reason for reason in reasons if is_stopped or not reason.endswith(MILD)]
    for pattern, code, words in REASONS:
        if any(map(pattern.search, grave)) and (is_stopped or code != "paused"):
            return State(code, f"{words} ({told})", can_print=False)
    if is_stopped or not takes_jobs:
        return State("stopped", f"It is stopped ({told}).", can_print=False)
    return State("ready", "Ready." if told == "none" else f"Ready ({told}).")


def _output(run: subprocess.Popen[bytes], limit_s: float, beat: Beat) -> bytes:
    """All that the program says. Raises NotReached when it does not end."""
    give_up_at = time.monotonic() + limit_s
    while time.monotonic() < give_up_at:
        try:
            return run.communicate(timeout=BEAT_S)[0]
        except subprocess.TimeoutExpired:
            beat()
    raise NotReached("printer_silent", "It does not answer. Is it switched on?")


def _answer(out: bytes) -> dict[str, Any]:
    try:
        report = plistlib.loads(out)
    except (ValueError, ExpatError) as error:
        raise NotReached("printer_garbled", "It answers what no printer says.") from error
    tests = report.get("Tests") or [{}]
    found: dict[str, Any] = {"ErrorMessage": report.get("ErrorMessage", ""), **tests[0]}
    return found


def _facts(answer: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an answer, its groups in one."""
    return {name: value for group in answer.get("ResponseAttributes", []) for name, value in group.items()}
