// Agreement: which of the codes that a camera's frames show is a scan. Pure: no camera, no page, no clock of its own.
//
// One frame may misread, even with a good check digit. So a code that the step waits for counts at once, any other when
// a second frame says the same, and symbologies that are weak against misreads when a third does. A code that stays in
// the picture was scanned once; it counts again when it has been out of the picture for a while.

const AGREE_MS = 1_000; // frames further apart than this do not back each other
const AWAY_MS = 800; // out of the picture for so long, a code may be meant again
const FRAMES = 2;
const WEAK_FRAMES = 3;
const WEAK = /^\]?[AFIG]\d?$|code_39|codabar|itf|code_93/i; // AIM letters of Code 39, Codabar, ITF, Code 93

export class Agreement {
  #seen = new Map(); // text -> { count, at }
  #taken = new Map(); // text -> when it was last in the picture

  /**
   * The code to take from one frame, or null. `codes` are { text, symbology, off } where `off` is the distance from
   * the middle of the picture; `expected` are the texts that the step waits for; `now` is in milliseconds.
   */
  see(codes, expected, now) {
    this.#forget(now);
    for (const { text } of codes) if (this.#taken.has(text)) this.#taken.set(text, now);
    const fresh = codes.filter(({ text }) => !this.#taken.has(text));
    for (const { text } of fresh) this.#seen.set(text, { count: (this.#seen.get(text)?.count ?? 0) + 1, at: now });
    const found = fresh.filter((code) => this.#isSure(code, expected)).sort((a, b) => rank(a, expected) - rank(b, expected))[0];
    if (!found) return null;
    this.#taken.set(found.text, now);
    this.#seen.clear();
    return found;
  }

  #isSure(code, expected) {
    if (expected.includes(code.text)) return true;
    return this.#seen.get(code.text).count >= (WEAK.test(code.symbology) ? WEAK_FRAMES : FRAMES);
  }

  #forget(now) {
    for (const [text, { at }] of this.#seen) if (now - at > AGREE_MS) this.#seen.delete(text);
    for (const [text, at] of this.#taken) if (now - at > AWAY_MS) this.#taken.delete(text);
  }
}

/** What the step waits for comes first, then what is nearest to the middle. */
function rank(code, expected) {
  return code.off - (expected.includes(code.text) ? 1e6 : 0);
}
