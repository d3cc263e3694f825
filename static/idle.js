// Locks a device that nobody has touched for as long as the server says. The work stays; the server locks by itself too.

const LOOK_MS = 10_000;
const NOTE_MS = 1_000;
const KEY = "scandock.touched"; // on any page of this device: one behind another must not lock the work in front
const after_ms = Number(document.body.dataset.idle) * 1000;
let touchedAt = Date.now();
let isLocking = false;

for (const type of ["keydown", "pointerdown", "input"]) document.addEventListener(type, touched, true);
document.addEventListener("visibilitychange", look); // timers sleep with the phone
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
setInterval(look, LOOK_MS);

function touched() {
  const now = Date.now();
  if (isIdle() || Math.abs(now - touchedAt) < NOTE_MS) return;
  touchedAt = now;
  try {
    localStorage.setItem(KEY, now);
  } catch {} // a browser that keeps nothing has no other pages either
}

function isIdle() {
  return Date.now() - Math.max(touchedAt, elsewhereAt()) >= after_ms;
}

/** When another page was touched. What lies ahead is of a clock that was set back since, and says nothing. */
function elsewhereAt() {
  try {
    const at = Number(localStorage.getItem(KEY));
    return at <= Date.now() ? at : 0;
  } catch {
    return 0;
  }
}

async function look() {
  if (!isIdle() || isLocking) return;
  isLocking = true;
  try {
    (await import("./leave.js")).lock();
  } catch {
    document.getElementById("page").replaceChildren(); // not even the script that locks can be had: nothing is shown
    isLocking = false;
  }
}
