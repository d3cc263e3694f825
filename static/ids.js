// Ids, times and check characters: what a scan carries, made before it is sent, and how a code proves itself.
//
// An id is made once, so that a repeat can be told from a new scan.

/** The version of the app that this page runs: the name of the folder that its files come from. */
export const VERSION = import.meta.url.split("/").at(-2);

let last = { ms: 0, count: 0 };

/** A version 7 UUID (RFC 9562): sorts by time, and within one millisecond by a 12-bit counter. */
export function uuid7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let ms = Math.max(Date.now(), last.ms);
  let count = ms === last.ms ? last.count + 1 : (bytes[6] & 0x07) << 8 | bytes[7];
  if (count > 0xfff) [ms, count] = [ms + 1, 0];
  last = { ms, count };
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(ms / 2 ** (8 * (5 - i))) & 0xff;
  bytes[6] = 0x70 | count >> 8;
  bytes[7] = count & 0xff;
  bytes[8] = 0x80 | bytes[8] & 0x3f;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** This device's lasting name. A browser that keeps nothing gets a new one for each page. */
export function device() {
  try {
    const known = localStorage.getItem("scandock.device");
    if (known) return known;
    const made = uuid7();
    localStorage.setItem("scandock.device", made);
    return made;
  } catch {
    return uuid7();
  }
}

/** The device's time with its offset, as ISO 8601: 2026-11-22T14:02:09.125+01:00. */
export function deviceTime(when = new Date()) {
  const offset = -when.getTimezoneOffset();
  const two = (n) => String(Math.trunc(Math.abs(n))).padStart(2, "0");
  const local = new Date(when.getTime() + offset * 60_000).toISOString().slice(0, -1);
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The ISO 7064 MOD 37,36 check character of a code in [0-9A-Z]. */
export function checkCharacter(code) {
  let rest = 36;
  for (const char of code) {
    const sum = (rest + ALPHABET.indexOf(char)) % 36 || 36;
    rest = (sum * 2) % 37;
  }
  return ALPHABET[(37 - rest) % 36];
}

/**
 * True for an EAN, UPC-A or SSCC with a wrong check digit. Only where the symbol or the key itself says that there is one:
 * a bare run of digits may be somebody's SKU.
 */
export function isMisread(raw) {
  const [, aim, data] = raw.match(/^(\][A-Za-z][0-9])?(.*)$/s);
  if (aim === "]E0" && data.length === 8) return false; // a UPC-E that was not expanded: the digit is that of the UPC-A
  if (aim === "]E0" || aim === "]E4") return !hasCheckDigit(data);
  const sscc = data.match(/^\x1d?00(\d{18})\x1d?$/);
  return sscc !== null && (!aim || aim === "]C1" || aim === "]d2") && !hasCheckDigit(sscc[1]);
}

/** GS1's mod 10 with weights 3 and 1 from the right (General Specifications 7.9). */
function hasCheckDigit(digits) {
  if (!/^\d+$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, place) => total + Number(digit) * (place % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}
