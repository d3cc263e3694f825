// Cold: the station opened without a network. The work in hand is on this device and goes on; nothing else can be opened.
//
// The page itself holds no data: it is the same for everybody and all that the service worker keeps. As soon as the server
// answers and nothing waits any more, its own page takes the place of this one.

import { restore } from "./ahead.js";
import { $ } from "./screen.js";
import { all, work } from "./store.js";
import { parsed } from "./trusted.js";

const EVERY_MS = 3_000;
const OURS = "/manifest.webmanifest"; // needs no log-in, and no portal answers it like this
const READS_MS = 5_000; // a scan made just now may have another behind it

const asked = ["/lock", "/logout"].includes(location.pathname) ? "/" : location.pathname; // those are a form's, no page's
let touchedAt = -Infinity;

/** Puts the work in hand on the screen, or says what there is instead; then waits for the network. */
export async function open() {
  for (const type of ["keydown", "pointerdown"]) addEventListener(type, () => { touchedAt = performance.now(); }, true);
  if (location.pathname !== "/offline") setInterval(leave, EVERY_MS); // there it stands in for no page
  const where = await restore();
  const isHere = where && ["/", where.url].includes(location.pathname);
  if (isHere) show(where);
  else await explain(where);
  return isHere ? where : null;
}

function show({ person, url, to, at, html, theme, hand, idle, figures }) {
  history.replaceState(null, "", url);
  Object.assign(document.documentElement.dataset, { theme, hand });
  document.body.dataset.person = person;
  $("task").replaceChildren(...parsed(html).body.childNodes);
  Object.assign($("screen").dataset, { at, own: to });
  const box = document.querySelector("#screen [data-count]");
  if (box && at in figures) box.textContent = figures[at];
  if (!idle) return;
  document.body.dataset.idle = idle;
  import("./idle.js");
}

async function explain(where) {
  const [scans, last] = [await all(), await work("where")];
  if (scans.length) $("kept").textContent = `${scans.length} scans wait on this phone. They are kept and sent by themselves.`;
  $("locked").hidden = !last?.isLocked;
  const way = $("way");
  if (where) [way.href, way.textContent] = [where.url, "Go on with the work in hand"];
}

async function leave() {
  if (performance.now() - touchedAt < READS_MS || (await all()).length) return;
  try {
    const answer = await fetch(OURS, { cache: "no-store", signal: AbortSignal.timeout(EVERY_MS) });
    if ((await answer.json()).name !== "Scandock") return;
  } catch {
    return; // still nothing
  }
  navigator.serviceWorker.controller?.postMessage("it answers"); // a slow page is waited for, else this one would come again
  if (touchedAt < 0) location.replace(asked); // else somebody works here
  else location.reload();
}
