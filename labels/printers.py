"""Printers: the ways to one. Raw TCP (port 9100) here, IPP in labels/ipp.py; pages and agents fetch their jobs.

A line to a printer is opened, asked how the printer is, and given one job. What may be tried again is `NotReached`: not
one byte of the job has left. After the first byte there is only `Sent`, or `Doubtful`.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from labels.host_status import ASK, SILENT, State, is_whole, read
from labels.outflow import Outflow
from labels.reach import Reach, connect, raw_address
from labels.silence import Silence
from scanner.models import Printer
from scanner.refusals import Refusal

CONNECT_S: Final = 5.0
ANSWER_S: Final = 1.5  # for ~HS; a printer that answers does so in some ms
STALL_S: Final = 20.0  # no byte taken for so long: full buffer, no paper, gone
CLOSE_S: Final = 2.0  # for the printer's end of the line after ours
CONFIRM_S: Final = 30.0  # until the printer says that nothing waits in it
MOST_ANSWER: Final = 1024  # bytes; more is no status
LOGGED: Final = 40  # bytes of an answer that is none: enough to see what stands there
log = logging.getLogger("scandock.printing")

Beat = Callable[[], None]


class Trouble(Exception):
    """Something is wrong with a printer: a stable code and a sentence."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class NotReached(Trouble):
    """Not one byte of the job has left."""


class Doubtful(Trouble):
    """Some of the job has left; nobody can tell what came out."""


class NotTaken(Trouble):
    """The printer has said that it will not print this job."""


@dataclass(frozen=True, slots=True)
class Sent:
    """All of the job has left."""

    is_confirmed: bool
    words: str
    state: State | None = None


class Line(Protocol):
    """An open way to a printer."""

    def state(self) -> State:
        """How the printer is. Raises NotReached."""

    def send(self, data: bytes, language: str, copies: int, name: str, beat: Beat) -> Sent:
        """Give it one job; `beat` is called at least every few seconds. Raises Doubtful, NotTaken."""


@contextmanager
def line_to(printer: Printer, reach: Reach, silence: Silence) -> Iterator[Line]:
    """Open a line; `silence` knows which printers need not be asked. Raises NotReached."""
    if printer.kind == "ipp":
        from labels.ipp import IppLine

        yield IppLine(printer.address, reach)
        return
    host, port = raw_address(printer.address)
    with _connect(host, port, reach) as connection:
        asks = printer.language == "zpl" and not silence.is_known(printer)
        line = RawLine(connection, asks=asks, has_answered=printer.has_answered)
        yield line
        if asks and line.is_silent:
            silence.keep(printer)


def _connect(host: str, port: int, reach: Reach) -> socket.socket:
    with out_of_reach(host):
        return connect(reach.resolve(host, port), port, CONNECT_S)


@contextmanager
def out_of_reach(host: str) -> Iterator[None]:
    """Say in words why nobody gets to a printer: raises NotReached for a refused address and for OSError."""
    try:
        yield
    except Refusal as refusal:
        raise NotReached("printer_address", refusal.say) from refusal
    except socket.gaierror as error:
        raise NotReached("printer_unknown_host", f"Nobody knows the name {host}.") from error
    except ConnectionRefusedError as error:
        raise NotReached("printer_refused", "It refuses the connection. Is another computer printing?") from error
    except TimeoutError as error:
        raise NotReached("printer_silent", "It does not answer. Is it switched on?") from error
    except OSError as error:
        raise NotReached("printer_offline", f"It is out of reach: {error.strerror}.") from error


class RawLine:
    """A TCP connection whose bytes go onto the paper. It gives no receipt: only ~HS tells more than that they left."""

    def __init__(self, connection: socket.socket, *, asks: bool, has_answered: bool = False) -> None:
        self._connection = connection
        self._asks, self._has_answered = asks, has_answered
        self.answers = self.is_silent = False

    def state(self) -> State:
        """What the printer says of itself, if it says anything.

        Many cheap printers never answer, and must print. One that has answered before and is silent hangs.
        """
        if not self._asks:
            return SILENT
        try:
            found = self._read()
        except OSError as error:
            raise NotReached("printer_cut", "It closes the connection at once.") from error
        if found == SILENT and self._has_answered:
            raise NotReached("printer_silent", "It used to tell how it is, and does not answer now.")
        self.answers, self.is_silent = found.is_told, found == SILENT
        return found

    def _read(self) -> State:
        """Raises OSError. Whatever answers there may hold what is for nobody here: it goes into the log, on no page."""
        answer = self._ask()
        found = read(answer)
        if found.code == "garbled":
            log.warning("%s answers what no label printer says: %r", self._connection.getpeername(), answer[:LOGGED])
        return found

    def _ask(self) -> bytes:
        """Raises OSError when the line is closed; no answer is an empty one."""
        self._connection.settimeout(ANSWER_S)
        self._connection.sendall(ASK)
        answer, give_up_at = b"", time.monotonic() + ANSWER_S
        while not is_whole(answer) and len(answer) < MOST_ANSWER and time.monotonic() < give_up_at:
            try:
                part = self._connection.recv(MOST_ANSWER)
            except TimeoutError:
                break
            if not part:
                raise ConnectionResetError("the printer has closed the line")
            answer += part
        return answer

    def send(self, data: bytes, language: str, copies: int, name: str, beat: Beat) -> Sent:  # noqa: ARG002 - Line's face
        """Write all bytes, wait until the printer has them, then learn what can be learnt."""
        flow = Outflow(self._connection, STALL_S, beat)
        try:
            for _ in range(copies):
                flow.write(data)
            flow.drain()
            return self._closed(self._confirmed(beat) if self.answers else None)
        except TimeoutError as error:
            raise Doubtful("printer_stalled", "It stopped taking the job in the middle.") from error
        except OSError as error:
            raise Doubtful("printer_cut", "It closed the connection in the middle of the job.") from error

    def _confirmed(self, beat: Beat) -> Sent:
        """Ask until nothing waits in it. A printer that ran out keeps the label and prints it when it is mended."""
        give_up_at = time.monotonic() + CONFIRM_S
        while time.monotonic() < give_up_at:
            found = self._read()
            if not found.is_told:
                return Sent(is_confirmed=False, words="It took the job and says no more.", state=_unless_silent(found))
            if not found.can_print:
                return Sent(is_confirmed=False, words=f"The job waits in the printer. {found.words}", state=found)
            if found.is_idle:
                return Sent(is_confirmed=True, words="The printer says that it is out.", state=found)
            beat()
            time.sleep(0.2)
        return Sent(is_confirmed=False, words="The printer is still at it.")

    def _closed(self, sent: Sent | None) -> Sent:
        """Close our end and wait for the printer's: one that was cut off says so with a reset.

        Closing without reading what it still says would reset the line, and with it a job in the printer's buffer.
        """
        self._connection.shutdown(socket.SHUT_WR)
        self._connection.settimeout(CLOSE_S)
        give_up_at = time.monotonic() + CLOSE_S
        words = "All bytes have left."
        try:
            while self._connection.recv(MOST_ANSWER) and time.monotonic() < give_up_at:
                pass
        except TimeoutError:
            words = "All bytes have left; the printer keeps the line open."
        except OSError:
            if sent is None or not sent.is_confirmed:
                raise
        return sent or Sent(is_confirmed=False, words=words)


def _unless_silent(state: State) -> State | None:
    """No news is no state: the next job asks again."""
    return None if state == SILENT else state
