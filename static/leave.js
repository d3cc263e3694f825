// Leaving: the log-out, the lock, and a task that somebody else has taken over. Then nobody sees the work here any more.

import { afterVerdict, showStop } from "./screen.js";
import { play } from "./sound.js";
import { all, clearWork, isLasting, lockWork } from "./store.js";
import { parsed } from "./trusted.js";

const ANSWER_MS = 10_000;
const AGAIN_MS = 3_000;
const SOON_MS = 300;
const TAKEN = {
  title: "Taken over by the desk",
  say: "Somebody else goes on with this task.",
  next: "Put what you hold back where it came from, or bring it to the desk.",
};

/**
 * Ends the session on the server, then what is known here of the work. What waits stays and is sent by the device; what its
 * person has still to decide waits for them. Without a network there is no log-out: the session would live on.
 */
export async function logOut({ token, tell, outbox }) {
  if (!isLasting && (await all()).length) return tell("This browser keeps nothing. Log out when all is sent.", "stop", "stop");
  try {
    const body = new URLSearchParams({ csrf_token: token });
    const answer = await fetch("/logout", { method: "POST", body, signal: AbortSignal.timeout(ANSWER_MS) });
    if (!isLogIn(await answer.text())) throw new TypeError("not our log-in");
  } catch {
    return tell("Log out needs the network. Lock hides your work.", "warn", "warn");
  }
  await clearWork();
  outbox.left();
  location.assign("/login");
}

/**
 * Locks the page, with or without a network. The work is hidden at once and only the server opens it again: what a phone
 * could compare a PIN with, a thief could try ten thousand PINs on. What waits is sent meanwhile.
 */
export async function lock() {
  setTimeout(hide, SOON_MS); // a silent network is not waited for
  await lockWork().catch(() => {});
  while (!(await isLocked()) || (!isLasting && (await all()).length)) { // this page is all that keeps them
    hide();
    await new Promise((again) => setTimeout(again, AGAIN_MS));
  }
  location.assign("/login");
}

/** Whether the server knows of it: its log-in page comes back, or a session or form token that is over is turned away. */
async function isLocked() {
  const form = document.getElementById("lock");
  const sent = { method: "POST", body: form ? new FormData(form) : null, signal: AbortSignal.timeout(ANSWER_MS) };
  try {
    const answer = await fetch("/lock", sent);
    return isLogIn(await answer.text()) || ([400, 401].includes(answer.status) && answer.headers.has("Content-Security-Policy"));
  } catch {
    return false;
  }
}

function isLogIn(page) {
  return parsed(page).getElementById("badge-form") !== null; // a portal has none
}

function hide() {
  const page = document.getElementById("page");
  if (page.querySelector(".away")) return;
  const words = [["h1", "Locked"], ["p", "Your work is kept. To log in needs the network."]];
  page.replaceChildren(...words.map(([tag, textContent]) => Object.assign(document.createElement(tag), { textContent, className: "away" })));
}

/** The desk has given the task to somebody else. */
export function takenOver() {
  clearWork();
  showStop(TAKEN);
  play("stop");
  afterVerdict("refused", "stop");
}
