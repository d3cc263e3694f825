// The camera's decoder, beside the page's own thread: a picture in, the codes in it out.
//
// The browser's own BarcodeDetector where there is one; else zxing-cpp as WebAssembly, loaded at the first picture.

const LIBRARY = new URL("vendor/zxing-wasm-3.1.4.reader.js", self.location).href;
const BINARY = new URL("vendor/zxing-wasm-3.1.4.reader.wasm", self.location).href;
const MOST = 8; // codes of one picture
const DARK = 5; // of 255: a covered lens is brighter than a camera that gives nothing

// Names of zxing-wasm -> names of BarcodeDetector. What is not listed has no native name.
const NATIVE = {
  EAN13: "ean_13", EAN8: "ean_8", UPCA: "upc_a", UPCE: "upc_e", Code128: "code_128", Code39: "code_39",
  Code93: "code_93", Codabar: "codabar", ITF: "itf", QRCode: "qr_code", DataMatrix: "data_matrix", Aztec: "aztec",
  PDF417: "pdf417",
};

const policy = self.trustedTypes?.createPolicy("scandock", {
  createScriptURL: (url) => {
    if (url !== LIBRARY) throw new TypeError(`not a script of ours: ${url}`);
    return url;
  },
});

let decoder = null; // a promise of (picture, formats) => codes, and its name

self.onmessage = async ({ data: { picture, formats } }) => {
  const began = performance.now();
  try {
    decoder ??= choose();
    const { name, decode } = await decoder;
    const codes = (await decode(picture, formats)).slice(0, MOST);
    self.postMessage({ codes, engine: name, isDark: isDark(picture), took_ms: performance.now() - began });
  } catch (error) {
    decoder = null; // the next picture tries again: a library may have been lost on the way
    self.postMessage({ codes: [], fault: String(error?.message ?? error), isDark: false, took_ms: performance.now() - began });
  } finally {
    picture.close();
  }
};

async function choose() {
  const known = (await self.BarcodeDetector?.getSupportedFormats?.().catch(() => [])) ?? [];
  return ["code_128", "ean_13", "data_matrix", "qr_code"].every((format) => known.includes(format)) ? native(known) : zxing();
}

/** The phone's own detector. It does not tell GS1 symbols from plain ones: the name goes with the text, no AIM identifier. */
function native(known) {
  const detectors = new Map();
  const decode = async (picture, formats) => {
    const names = formats.map((format) => NATIVE[format]).filter((name) => known.includes(name));
    const key = names.join();
    if (!detectors.has(key)) detectors.set(key, new self.BarcodeDetector({ formats: names }));
    const found = await detectors.get(key).detect(picture);
    return found.map(({ rawValue, format, cornerPoints }) => ({ text: rawValue, symbology: format, off: offCentre(cornerPoints, picture) }));
  };
  return { name: "native", decode };
}

async function zxing() {
  if (!self.ZXingWASM) importScripts(policy?.createScriptURL(LIBRARY) ?? LIBRARY);
  await ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => BINARY }, fireImmediately: true });
  const decode = async (picture, formats) => {
    const options = { formats, textMode: "Plain", maxNumberOfSymbols: MOST, tryHarder: true, tryDownscale: false };
    const found = await ZXingWASM.readBarcodes(pixels(picture, picture.width, picture.height), options);
    return found.filter(({ isValid, text }) => isValid && text).map(({ text, symbologyIdentifier, position }) => ({
      text, symbology: symbologyIdentifier, off: offCentre(Object.values(position), picture),
    }));
  };
  return { name: "zxing", decode };
}

const canvases = new Map();

function pixels(picture, width, height) {
  const key = `${width}x${height}`;
  if (!canvases.has(key)) {
    if (canvases.size > 4) canvases.clear();
    canvases.set(key, new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true }));
  }
  const context = canvases.get(key);
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** A stream that iOS has blacked after the app was away gives pictures of nothing. */
function isDark(picture) {
  const { data } = pixels(picture, 8, 8);
  return data.every((value, at) => at % 4 === 3 || value <= DARK);
}

/** How far the middle of a code is from the middle of the picture, in pixels. */
function offCentre(corners, { width, height }) {
  const points = corners.filter((point) => typeof point === "object");
  const mean = (axis) => points.reduce((sum, point) => sum + point[axis], 0) / (points.length || 1);
  return Math.hypot(mean("x") - width / 2, mean("y") - height / 2);
}
