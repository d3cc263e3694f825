"""The independent ZPL renderer of the tests: zpl-renderer-js, a Go program in a page of Chromium.

The program's memory grows to 4 GB at the most and never shrinks, and each size of letters costs it 512 squares of that
height, 2.4 GB for the largest name at 600 dpi. So a page is left behind long before that, and one whose program has
ended is replaced: no label's fate hangs on the labels before it.
"""

from __future__ import annotations

import base64
import gzip
import io
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, Route
from playwright.sync_api import Error as PageError

from labels import zpl
from labels.parts import Label

LIBRARY: Final = next((Path(__file__).parents[1] / "labels" / "vendor").glob("zpl-renderer-js-*.js.gz"))
# The renderer knows whole dots per millimetre only: the same dots at 12 and 24 are 300 and 600 dpi for it.
DENSITY: Final = {203: 8, 300: 12, 600: 24}
MOST_BYTES: Final = 1 << 30  # a page with more is left behind
# The page hears of the program's memory and of its end, which would otherwise leave a promise open for ever.
LISTEN: Final = """
const plain = WebAssembly.instantiate;
window.ended = new Promise(tell => {
  WebAssembly.instantiate = async (code, imports) => {
    const exit = imports.gojs["runtime.wasmExit"];
    imports.gojs["runtime.wasmExit"] = spot => { tell(null); exit(spot); };
    const made = await plain.call(WebAssembly, code, imports);
    window.used = () => made.instance.exports.mem.buffer.byteLength;
    return made;
  };
});"""
DRAW: Final = """async ([job, width, height, density]) => {
  const {api} = await zpljs.ready;
  return Promise.race([ended, api.zplToBase64Async(job, width, height, density)]);
}"""


class Renderer:
    """Draws labels from their ZPL jobs."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._script = gzip.decompress(LIBRARY.read_bytes())
        self._page: Page | None = None
        self._fault: PageError | None = None

    def draw(self, label: Label) -> Image.Image:
        """The label's job as the renderer draws it. RuntimeError if its program ends at it on a page of its own too."""
        if self._page is not None and self._page.evaluate("used()") > MOST_BYTES:
            self.close()
        png = (self._page is not None and self._asked(label)) or self._asked(label)
        if png is None:
            size = f"{label.width} x {label.height} dots"
            raise RuntimeError(f"the renderer ends at {label.name}, {size}") from self._fault
        return Image.open(io.BytesIO(base64.b64decode(png))).convert("L")

    def close(self) -> None:
        """Give the memory back."""
        if self._page is not None:
            self._page.close()
        self._page = None

    def _asked(self, label: Label) -> str | None:
        """The picture as text; None, and no page, where the program has ended."""
        page = self._page = self._page or self._opened()
        density = DENSITY[label.media.dpi]
        asked = [zpl.job(label).decode("ascii"), label.width / density, label.height / density, density]
        try:
            png: str | None = page.evaluate(DRAW, asked)
        except PageError as error:
            png, self._fault = None, error
        if png is None:
            self.close()
        return png

    def _opened(self) -> Page:
        page = self._browser.new_page()
        page.add_init_script(LISTEN)
        page.route("**/*", self._answer)
        page.goto("http://zpl.test/")
        page.evaluate("zpljs.ready.then(() => 0)")
        return page

    def _answer(self, route: Route) -> None:
        if route.request.url.endswith("/renderer.js"):
            route.fulfill(body=self._script, content_type="text/javascript")
        else:
            route.fulfill(body='<script src="/renderer.js"></script>', content_type="text/html")
