// Serial: a scanner that is connected by itself instead of typing keys (Web Serial: Bluetooth SPP on Chrome for Android
// and on desktops, USB serial). One event a scan, the separator intact, and no focus that could be lost.
//
// Loaded only where the browser has Web Serial. The first connection needs a tap; after that the port is opened anew by
// itself, on each page and whenever the scanner comes back into reach.

const BAUD = 9600; // of cable scanners as they come; Bluetooth does not care
const LONGEST = 1024; // characters without a line end: no scanner, but a stream of something else
const HALF_MS = 1_000; // a scan comes in one go, even at 9600 baud
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];
const BETWEEN = /[\r\n\x02\x03\x04\t]+/; // line ends, and the frame STX ... ETX

/** What has arrived, cut at line ends: { codes, rest }. The rest has no end yet. */
export function split(text) {
  const parts = text.split(BETWEEN);
  const rest = parts.pop();
  return { codes: parts.filter(Boolean), rest };
}

export class SerialScanner {
  state = "off"; // off, connecting, connected, lost
  #hooks;
  #port = null;
  #rest = "";
  #timer = 0;
  #halfTimer = 0;
  #failures = 0;

  /** Hooks: onScan(text), onHalf(text), onState(state) */
  constructor(hooks) {
    this.#hooks = hooks;
    navigator.serial.addEventListener("connect", () => this.state === "lost" && this.#open());
  }

  /** Reads a port until it is closed, and opens it again when it is lost. */
  use(port) {
    this.#port = port;
    return this.#open();
  }

  async close() {
    const port = this.#port;
    this.#port = null;
    clearTimeout(this.#timer);
    this.#become("off");
    await this.reader?.cancel().catch(() => {});
    await port?.close().catch(() => {});
  }

  async #open() {
    clearTimeout(this.#timer);
    const port = this.#port;
    if (!port || this.state === "connecting" || this.state === "connected") return;
    this.#become("connecting");
    try {
      if (!port.readable) await port.open({ baudRate: BAUD });
      this.#failures = 0;
      this.#become("connected");
      await this.#read(port);
    } catch {
      // Out of reach, switched off, or opened by another page: tried again below.
    }
    if (this.#port !== port) return;
    await port.close().catch(() => {});
    this.#half();
    this.#become("lost");
    this.#timer = setTimeout(() => this.#open(), RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)]);
  }

  async #read(port) {
    const decoder = new TextDecoder();
    while (port.readable && this.#port === port) {
      this.reader = port.readable.getReader();
      try {
        for (;;) {
          const { value, done } = await this.reader.read();
          if (done) return;
          this.#take(decoder.decode(value, { stream: true }));
        }
      } finally {
        this.reader.releaseLock(); // after a framing error the port gives a new stream
      }
    }
  }

  #take(text) {
    clearTimeout(this.#halfTimer);
    const { codes, rest } = split(this.#rest + text);
    this.#rest = rest;
    for (const code of codes) this.#hooks.onScan(code);
    if (rest.length > LONGEST) this.#half();
    else if (rest) this.#halfTimer = setTimeout(() => this.#half(), HALF_MS);
  }

  #half() {
    clearTimeout(this.#halfTimer);
    if (this.#rest) this.#hooks.onHalf(this.#rest);
    this.#rest = "";
  }

  #become(state) {
    this.state = state;
    this.#hooks.onState?.(state);
  }
}

/** Lets the person choose a scanner. Must be called by a tap. Null when they chose none. */
export async function choose() {
  try {
    return await navigator.serial.requestPort();
  } catch (error) {
    if (error.name === "NotFoundError") return null;
    throw error;
  }
}

/** Opens every scanner that was chosen on an earlier page. */
export async function rejoin(hooks) {
  const ports = await navigator.serial.getPorts();
  return ports.map((port) => {
    const scanner = new SerialScanner(hooks);
    scanner.use(port);
    return scanner;
  });
}
