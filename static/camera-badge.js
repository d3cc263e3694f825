// A badge by the camera or a photo, on the log-in page. The picture never leaves the phone: it is read in the page's own
// worker, since the server decodes nothing for people whom it does not know.

import { toggle } from "./camera.js";
import { cameraWorkerPath } from "./trusted.js";

const FORMATS = ["Code128", "QRCode", "DataMatrix"]; // what badges are printed as
const SIDES = [1_280, 2_560, 800]; // pixels: a label fills a phone's picture, or a small part of it
const BADGE = /^B[0-9A-Z]{27,65}$/; // docs: own codes
const TIMEOUT_MS = 15_000;

/** Opens the camera, or closes it. It closes by itself when it has seen a badge; other labels are passed over. */
export function camera({ read }) {
  const seen = (text) => {
    if (!BADGE.test(text)) return;
    toggle();
    read(text);
  };
  return toggle({ read: seen, expected: () => [], step: () => "badge" });
}

/** Reads the badge in the picture that was taken with a file field. */
export async function photo({ read, tell, field }) {
  const [file] = field.files;
  field.value = ""; // the same picture may be chosen again
  tell("Reading the photo", "tick");
  const badge = await badgeIn(file).catch(() => null);
  if (badge) read(badge);
  else tell("No badge found. Closer, in light, flat.", "warn");
}

async function badgeIn(file) {
  const worker = new Worker(cameraWorkerPath(new URL("camera-worker.js", import.meta.url)));
  try {
    for (const side of SIDES) {
      const codes = await codesOf(worker, await shrunk(file, side));
      const found = codes.find(({ text }) => BADGE.test(text));
      if (found) return found.text;
    }
    return null;
  } finally {
    worker.terminate();
  }
}

async function shrunk(file, side) {
  const whole = await createImageBitmap(file); // upright: it heeds the picture's own orientation
  const share = Math.min(1, side / Math.max(whole.width, whole.height));
  const size = { resizeWidth: Math.round(whole.width * share), resizeHeight: Math.round(whole.height * share) };
  return createImageBitmap(whole, { ...size, resizeQuality: "high" });
}

function codesOf(worker, picture) {
  return new Promise((done, fail) => {
    worker.onmessage = ({ data }) => (data.fault ? fail(new Error(data.fault)) : done(data.codes));
    worker.onerror = fail;
    setTimeout(() => fail(new Error("timeout")), TIMEOUT_MS);
    worker.postMessage({ picture, formats: FORMATS }, [picture]);
  });
}
