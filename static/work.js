// Work: what happens to a scan between the ear and the screen, with and without a network.
//
// It is stored, and what leads on by what is known on this device (ahead.js) is shown at once; then it is sent. The server's
// answer is what counts: its own screen takes the place of what was shown, and only where it says otherwise is there another
// tone. All else waits for it, if not for long: this device knows what is right, but not all that may be right too.

import * as ahead from "./ahead.js";
import { checkCharacter, device, deviceTime, isMisread, uuid7 } from "./ids.js";
import { Outbox } from "./outbox.js";
import { $, afterVerdict, band, flash, keepStop, painted, printable, put, showStop, shownStop, swap, tell, unseenStop } from "./screen.js";
import { play } from "./sound.js";
import * as store from "./store.js";
import { parsed } from "./trusted.js";

const PATIENCE_MS = 700; // so long the server's own answer is waited for, where it knows more
const SLOW_MS = 400;
const PAGE_MS = 10_000;
const HELP = `CHELP${checkCharacter("CHELP")}`;
const SIGNS = { accepted: "\u2713", refused: "\u2715", discrepancy: "!" }; // as the server's own screens have them
const STUCK = { title: "Not kept", say: "This phone cannot keep the scan: its memory is full.", next: "Send what waits, or take another phone." };

/** Scans of this page that are under way, by id: { id, raw, read_at, means, seen, shown, from, isWhole, isTold, hasSounded, isSettled, timer }. */
const made = new Map();
let line = Promise.resolve(); // what changes the screen does so one after the other
let spot = null; // the step at which the next scan is judged here; null: the one on the screen
let trail = []; // the steps that this device has gone by itself, for UNDO
let figures = {}; // what this device has counted at each step
let tote = {}; // the name of the tote in hand, as the server's screen had it: { task, name }
let slowTimer = 0;
let answers = 0; // so many have come: a page that was fetched before the last is not shown any more
let last = null; // the last verdict that came without a screen
let hooks = {};

export let outbox = null;

/** Starts the page's work. `given`: person, about() for the work in hand, moved(path, raw), changed(), told(), came(). */
export function start(given) {
  hooks = given;
  outbox = new Outbox(hooks.person, {
    token: () => $("screen")?.dataset.csrf ?? "",
    freshToken,
    front: here,
    shown: ({ scan_id }) => made.get(scan_id)?.shown,
    settled: (pairs) => inTurn(() => settled(pairs)),
    left: () => store.isLasting && !("cold" in document.body.dataset) && location.reload(),
    changed: () => {
      if (outbox?.isDown) for (const entry of made.values()) if (!entry.isWhole) showOwn(entry);
      hooks.changed();
    },
  });
  lookBehind();
}

/** Scans of this task that an earlier page has made: until the server has them, nobody here knows where the work stands. */
async function lookBehind() {
  if (isOwnScreen()) return;
  const [scans, where] = await Promise.all([store.all(), store.work("where")]);
  if (!$("screen")) return;
  if (scans.some((scan) => scan.to === here())) spot = "";
  else if (where?.to === here() && where.at !== $("screen").dataset.at) catchUp(); // the page left before its scan was booked
  stand();
}

function inTurn(act) {
  line = line.then(act, act);
  return line;
}

/** Takes a code that was read: stored first, whatever comes of it. */
export async function take(raw, known, read_at) {
  const { dataset } = $("screen");
  const at = spot ?? dataset.at;
  const means = meaning(at, raw);
  if (means.needs && outbox.isDown) return tell(means.needs, "warn", "warn"); // later it would be done unasked
  note(at, raw, means);
  acknowledge(raw, JSON.parse(dataset.expects));
  const who = { device: device(), person: hooks.person, to: dataset.scanUrl };
  const isFirst = [...made.values()].every(({ shown }) => shown); // what waits for the server comes before it
  const isAtOnce = isLate() || (means.kind === "ok" && !means.asks && isFirst);
  const seen = isAtOnce ? means.kind : undefined; // else the server's answer may come first
  const scan = { scan_id: uuid7(), raw, at: deviceTime(), ...who, ...known, ...(seen && { seen }) };
  made.set(scan.scan_id, { id: scan.scan_id, raw, read_at, means, seen, shown: "" });
  try {
    await outbox.add(scan);
  } catch {
    return notKept(scan.scan_id, at);
  }
  const entry = made.get(scan.scan_id);
  if (entry && isAtOnce) {
    const shown = showOwn(entry);
    await (outbox.isDown ? shown : painted()); // the server is asked while the next step is drawn
  }
  if (entry && !entry.isSettled) entry.timer = setTimeout(() => showOwn(entry), PATIENCE_MS);
  await outbox.drain();
}

/** Whether the server's answer is not to be waited for: there is none, or not in time. */
function isLate() {
  const since = performance.now() - PATIENCE_MS;
  return outbox.isDown || [...made.values()].some(({ read_at }) => read_at <= since);
}

/** What a code means here. UNDO leads back along the steps that this device has gone itself. */
function meaning(at, raw) {
  const means = ahead.meaning(at, raw);
  return means.back && trail.length ? { kind: "ok", tone: "ok", back: true, ...trail.pop() } : means;
}

/** Where the next scan is judged, and the way back. */
function note(at, raw, { kind, to, back, final }) {
  if (kind === "ok" && !back) trail.push({ to: at, figure: figureBox()?.textContent, figures: { ...figures } });
  if (kind === "kept" || final) trail = []; // not to be taken back, or nobody here knows to where
  if (!raw.endsWith(HELP)) spot = { ok: to, stop: at, kept: "" }[kind];
}

/** A scan that is not stored was not made: the tone says so, and the step stays. */
function notKept(scan_id, at) {
  made.delete(scan_id);
  spot = at;
  showStop(STUCK);
  play("stop");
  afterVerdict("refused", "stop");
}

/** Shows at once that the code was read, and whether this step waits for it. The tone comes with the verdict. */
function acknowledge(raw, expected) {
  const bare = raw.replace(/^\][A-Za-z][0-9]/, "");
  const isExpected = expected.includes(raw) || expected.includes(bare);
  clearTimeout(slowTimer);
  if (isMisread(raw)) return band("warn", `Misread? ${printable(raw)}`); // sent all the same: the record is the server's
  band("read", `${isExpected ? "\u2713 " : ""}${printable(raw)}`);
  slowTimer = setTimeout(() => {
    if (["read", "right"].includes($("scan")?.dataset.state)) band("sending", `Sending ${printable(raw)}`);
  }, SLOW_MS);
}

// --- what this device knows by itself --------------------------------------------------------------------------------

/** Shows what a stored scan means by the coming steps; asked again, what has been waited for in vain. */
function showOwn(entry) {
  return inTurn(async () => {
    if (entry.isSettled || !$("screen")) return;
    const isNew = !entry.shown;
    if (isNew) {
      entry.shown = entry.means.kind;
      if (!entry.seen) store.amend([entry.id], { seen: entry.shown }).catch(() => {});
      entry.seen = entry.shown;
    }
    await OWN[entry.shown](entry, isNew);
  });
}

const OWN = {
  async ok(entry, isNew) {
    const { tone, to } = entry.means;
    if (entry.isWhole) {
      if (isLate() && ["right", "sending"].includes($("scan").dataset.state)) ownBand(entry); // no newer word is hidden
      return;
    }
    if (isNew && ahead.knows(to)) await right(entry, tone);
    if (!ahead.knows(to)) return lost(entry); // the coming steps were fetched anew meanwhile
    if (isLate() || !ahead.isBare(to)) goUpTo(entry, isNew);
  },
  stop(entry, isNew) {
    if (!isNew) return;
    entry.isWhole = true;
    const unseen = unseenStop(entry.read_at);
    if (unseen) told(entry, unseen, "refused");
    else showStop({ ...wrongHere(), scanned: printable(entry.raw) });
    sound(entry, "stop");
    afterVerdict("refused", "stop");
  },
  kept(entry) {
    entry.isWhole = outbox.isDown;
    band("offline", saved());
    if (outbox.isDown && !entry.hasSounded) sound(entry, "warn"); // a slow answer may still come, and has a tone of its own
  },
};

/** The verdict, a frame before the next step: a slow phone needs longer for that. */
function right(entry, tone) {
  entry.from = here();
  if (!unseenStop(entry.read_at)) shownStop()?.remove();
  sound(entry, tone);
  afterVerdict("accepted", tone, false);
  ownBand(entry);
  return painted();
}

/** Right is not booked yet: green is the server's. */
function ownBand({ raw, means }) {
  if (isLate()) band("offline", saved());
  else band(means.tone === "warn" ? "warn" : "right", `${SIGNS.accepted} ${printable(raw)}`);
}

/** Goes on to where a scan leads, and those before it that have waited for the server's own screen. */
function goUpTo(last, isNew) {
  const unseen = unseenStop(last.read_at);
  for (const entry of made.values()) {
    if (entry.shown === "ok" && !entry.isWhole && ahead.knows(entry.means.to)) {
      if (entry.from !== here()) return; // somebody has left the page
      entry.isWhole = true;
      goTo(entry.means);
    }
    if (entry === last) break;
  }
  if (unseen && isNew) told(last, unseen, "accepted");
  else if (unseen) keepStop(unseen, "");
  ownBand(last);
  ahead.note(last.means.to, hooks.about(), last.id, figures);
}

/** A STOP that nobody could see yet stays, and says what came after it. */
function told(entry, unseen, outcome) {
  entry.isTold = true;
  keepStop(unseen, `${SIGNS[outcome]} ${printable(entry.raw)}`);
}

function lost(entry) {
  [spot, entry.shown] = ["", "kept"];
  OWN.kept(entry);
}

/** Puts a step on the screen that no server has seen yet, with what is counted there. */
function goTo({ to, add = 0, figure, ...before }) {
  const { at, csrf } = $("screen").dataset;
  const task = here();
  if (at !== to) put(ahead.screenOf(to));
  const { dataset } = $("screen");
  if (dataset.scanUrl !== task) trail = []; // it is done
  Object.assign(dataset, { csrf, at: to, own: task });
  if (dataset.step === "tote" || tote.task !== task) tote = {}; // which one comes, only the server can name
  if (tote.name && toteBox()) toteBox().textContent = tote.name;
  figures = before.figures ?? figures;
  const box = figureBox();
  if (box) box.textContent = figures[to] = Number(figure ?? Number(figures[to] ?? box.textContent) + add);
  hooks.came();
}

function toteBox() {
  return document.querySelector("#screen .put-in b");
}

function figureBox() {
  return document.querySelector("#screen [data-count]");
}

/** After a start without a network: goes on to where the scans lead that were made behind the stored step. */
export async function replay(scans, counted) {
  figures = counted;
  for (const { raw } of scans) {
    const at = spot ?? $("screen").dataset.at;
    const means = meaning(at, raw);
    note(at, raw, means);
    if (means.kind === "ok") goTo(means);
  }
}

export function saved() {
  return outbox.isLate ? `${outbox.queue.waiting} wait. Find a connection soon.` : `Saved on this phone (${outbox.queue.waiting} waiting)`;
}

function wrongHere() {
  const [place, goods, ask] = [".work > .place .place__parts", ".goods__name", ".scan__ask"].map((each) => document.querySelector(each));
  const wanted = place?.ariaLabel ?? (goods ?? ask).textContent.trim();
  return { title: "Wrong here", say: "This step does not want that.", wanted, next: "Put it back. Scan what is wanted." };
}

function sound(entry, tone) {
  entry.hasSounded = true;
  play(tone);
}

// --- what the server says --------------------------------------------------------------------------------------------

/** [scan, result] have left the queue: shows those of this page, the next step last. */
async function settled(pairs) {
  clearTimeout(slowTimer);
  let isOurs = false;
  answers += 1;
  for (const [scan, result] of pairs) {
    const entry = made.get(scan.scan_id);
    made.delete(scan.scan_id);
    if (entry) entry.isSettled = true;
    clearTimeout(entry?.timer);
    if (result.to) await moved(scan, result.to);
    else if (scan.person === hooks.person && (await answered(scan, result, entry))) isOurs = true;
  }
  if (!made.size && !outbox.queue.waiting) spot = null;
  if (outbox.isSessionOver && !outbox.queue.waiting) location.assign("/login");
  else if (isOurs || isOwnScreen()) catchUp();
  hooks.told();
}

/** Goes on where the server says, with all that was scanned behind it. */
async function moved(scan, to) {
  await hooks.moved(to, scan.raw);
  if ($("screen")) await outbox.readdress(scan.to, $("screen").dataset.scanUrl);
}

/** Shows one answer. True when the page must be fetched anew, because the answer brought no screen that fits. */
async function answered(scan, { status, answer, page }, entry) {
  const outcome = status === 422 ? "refused" : answer.outcome;
  const said = { ...answer, outcome, say: answer.say || "The server cannot take that.", tone: answer.tone ?? "stop" };
  said.line = page ? said.say : `${SIGNS[outcome]} ${said.say}`;
  if (outcome === "refused" && (entry?.shown === "ok" || answer.code === "stopped")) ahead.doubt();
  if (scan.to !== here()) return elsewhere(said, entry), false;
  if (!entry) return true; // of an earlier page: what matters of it is told
  if (!page || (isOwnScreen() && made.size)) return withoutScreen({ scan: scan.scan_id, ...said }, entry);
  // Of the STOP of its own the server has better words; any other stays until somebody could see it.
  const unseen = entry.shown === "stop" ? entry.isTold && shownStop()?.cloneNode(true) : unseenStop(entry.read_at);
  const isAsShown = await show(page);
  if (unseen) keepStop(unseen, entry.isTold ? "" : said.line);
  verdict(said, entry);
  if (!isAsShown && !unseen && outcome !== "refused") tellOther();
  return false;
}

/** Puts the server's screen in. False when it is another than this device has shown. */
async function show(page) {
  const before = isOwnScreen() ? $("screen").dataset.at : null;
  await swap(page);
  [trail, figures] = [[], {}];
  stand();
  return before === null || before === $("screen").dataset.at;
}

function tellOther() {
  tell("The warehouse is at another step. Go on by this screen.", "warn", "warn");
}

/** The screen stands further on than this answer, or the answer came with others. */
function withoutScreen(said, entry) {
  last = said;
  const isRefused = said.outcome === "refused" && said.tone !== "tick";
  const unseen = unseenStop(entry.read_at);
  const isNews = unseen && !entry.isTold && entry.shown === "ok"; // booked behind a STOP that nobody could see yet
  if (entry.hasSounded && said.code !== "twice" && isRefused === (entry.shown === "stop") && !isNews) return true; // as it was shown
  if (isRefused) for (const each of made.values()) each.isTold ||= each.shown === "stop"; // its page must not hide this one
  if (unseen) keepStop(unseen, said.line);
  else if (isRefused) showStop({ ...said, title: said.title || said.code?.replaceAll("_", " ") });
  else shownStop()?.remove();
  verdict(said, entry);
  return true;
}

/** One tone for a scan, unless it has had the same already. */
function verdict({ outcome, tone }, entry) {
  const isAgreed = (outcome === "refused") === (entry.shown === "stop") && (tone !== "warn" || entry.means.tone === tone);
  const isKnown = entry.hasSounded && isAgreed;
  if (!isKnown) play(tone);
  afterVerdict(outcome, tone);
}

function elsewhere({ say, tone, outcome }, entry) {
  if (!entry) return;
  if (!entry.hasSounded || (outcome === "refused") !== (entry.shown === "stop")) play(tone);
  tell(`Earlier scan: ${say}`, outcome === "refused" ? "stop" : "ok");
}

/** The scan address of the work on the screen. On the last screen that this device has gone to it is still the task's. */
function here() {
  return $("screen")?.dataset.own ?? $("screen")?.dataset.scanUrl;
}

/** Whether the step on the screen is this device's own finding, which no server has seen yet. */
function isOwnScreen() {
  return $("screen")?.dataset.own !== undefined;
}

/** All is sent: the server's own screen takes the place of what was shown by this device. */
async function catchUp() {
  if (outbox.queue.waiting || outbox.isDown) return;
  const [{ href }, before] = [location, answers];
  const screen = await renewed();
  if (outbox.isSessionOver) location.assign("/login");
  if (screen && href === location.href) await inTurn(() => before === answers && putRenewed(screen)); // no scan waits for the fetch
}

async function putRenewed(screen) {
  if (made.size || outbox.queue.waiting || !$("screen")) return;
  const stop = shownStop()?.cloneNode(true);
  if (stop) screen.append(stop); // it stands on all the time
  const isAsShown = await show(screen.outerHTML);
  if (stop) return sayLast();
  if (isAsShown) flash("ok");
  else tellOther();
  sayLast();
}

/** The last verdict, where a screen that was fetched by itself has none. */
function sayLast() {
  if (!last) return;
  const { scan, outcome, tone, line: words } = last;
  Object.assign($("verdict").dataset, { scan, outcome, tone });
  $("verdict").textContent = words;
  last = null;
}

/** The page as the server shows it now: its #screen, or null when it does not come. */
async function renewed() {
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PAGE_MS) });
    if (response.redirected && new URL(response.url).pathname === "/login") outbox.isSessionOver = true;
    const page = parsed(await response.text());
    const screen = page.getElementById("screen");
    if (!screen || !$("screen")) return null;
    if ((Number(page.body.dataset.person) || 0) !== hooks.person) outbox.isSessionOver = true; // somebody else has logged in here
    if (outbox.isSessionOver) return null;
    $("screen").dataset.csrf = screen.dataset.csrf;
    return screen;
  } catch {
    return null;
  }
}

/** A new form token from the page itself, or "" when even that does not come. */
export async function freshToken() {
  return (await renewed())?.dataset.csrf ?? "";
}

/** Sends what waits, and fetches the server's screen where this device has gone ahead of it. */
export function goOn() {
  if (outbox.queue.waiting) outbox.drain();
  else if (isOwnScreen()) catchUp();
}

/** The server has shown this step. */
export function stand() {
  if (toteBox()) tote = { task: here(), name: toteBox().textContent };
  else if ($("screen")?.dataset.step === "tote") tote = {};
  if ($("screen")) ahead.stand($("screen").dataset, hooks.about()).catch(() => {});
}
