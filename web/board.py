"""Board of the day: what is promised, how far it has come, and what needs a decision. It renews itself."""

from __future__ import annotations

from flask import Blueprint, render_template

from scanner.desk.board import STATES, board
from scanner.discrepancies import RESOLUTIONS
from web.auth import allow, me
from web.errors import wants_fragment

bp = Blueprint("board", __name__)


@bp.get("/board")
@allow()
def index() -> str:
    """The page; its live part alone when it asks for that."""
    template = "board/_live.html" if wants_fragment() else "board/index.html"
    return render_template(template, board=board(me()), states=STATES, resolutions=RESOLUTIONS)
