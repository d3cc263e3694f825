// Locks a page that nobody has touched for as long as the server says. The work stays; the server locks by itself too.

const LOOK_MS = 10_000;
const after_ms = Number(document.body.dataset.idle) * 1000;
let touchedAt = Date.now();
let isLocking = false;

for (const type of ["keydown", "pointerdown", "input"]) document.addEventListener(type, touched, true);
document.addEventListener("visibilitychange", look); // timers sleep with the phone
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
setInterval(look, LOOK_MS);

function touched() {
  if (!isIdle()) touchedAt = Date.now();
}

function isIdle() {
  return Date.now() - touchedAt >= after_ms;
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
