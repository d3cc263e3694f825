// A photo of a label: sent to the server, which reads its codes. One goes in as a scan like any other; of several, the
// worker says which.

const LONGEST_SIDE = 2560; // what the server looks at; a phone's picture is many times larger than its label needs
const TIMEOUT_MS = 15_000;

/** Reads one picture. `page` gives read(raw, symbology), tell(words, state, tone), freshToken() and the screen. */
export async function readPhoto(file, page) {
  const { screen } = page;
  const answer = await send(await smaller(file), screen.dataset.csrf, page.freshToken);
  if (answer.status === 401) return location.assign("/login");
  const { codes, say, next } = await answer.json();
  if (!screen.isConnected) return; // the worker has gone on to another page
  if (!codes) return page.tell(`${say} ${next ?? "Take it again."}`, "warn", "warn");
  const expected = JSON.parse(screen.dataset.expects);
  const wanted = codes.filter((code) => code.names.some((name) => expected.includes(name)));
  const certain = codes.length === 1 && codes[0].is_sure ? codes : wanted;
  if (certain.length === 1) return scan(certain[0], page);
  page.tell("", "ready");
  ask(codes, page);
}

/** Sends the picture as the request's body. A page left open overnight holds an old token: it is asked for anew. */
async function send(picture, token, freshToken) {
  const headers = { "X-CSRFToken": token, "Content-Type": picture.type || "application/octet-stream", Accept: "application/json" };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch("/photo", { method: "POST", body: picture, headers, signal });
  const fresh = answer.status === 400 && (await freshToken());
  return fresh && fresh !== token ? send(picture, fresh, freshToken) : answer;
}

/** The picture with no more pixels than are looked at, as JPEG; as it is where the browser cannot open it. */
async function smaller(file) {
  try {
    const picture = await createImageBitmap(file); // upright: it heeds the picture's own orientation
    const share = LONGEST_SIDE / Math.max(picture.width, picture.height);
    if (share >= 1 && file.size < 1_000_000) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * Math.min(1, share));
    canvas.height = Math.round(picture.height * Math.min(1, share));
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.fillStyle = "#fff"; // JPEG has no transparency: what was clear would turn black
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return (await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92))) ?? file;
  } catch {
    return file;
  }
}

function scan(code, { read }) {
  read(code.raw, code.aim ?? code.symbology);
}

/** Big buttons, one for each code: what it is here, and what stands on the label. */
function ask(codes, page) {
  document.getElementById("codes")?.remove();
  const sheet = element("section", { className: "sheet", id: "codes", ariaLabel: "Codes in the photo" });
  const list = element("div", { className: "list grows" });
  for (const code of codes) {
    const button = element("button", { type: "button", className: "button button--wide list__button" });
    button.append(element("b", { textContent: code.words || "Not known here" }), element("small", { textContent: shown(code.raw) }));
    button.addEventListener("click", () => scan(code, page));
    list.append(button);
  }
  const foot = element("div", { className: "sheet__foot" });
  const back = element("button", { type: "button", className: "button button--go", textContent: "Back" });
  back.dataset.local = "close";
  foot.append(back);
  sheet.append(element("h2", { textContent: codes.length > 1 ? "Which one?" : "Is it this?" }), list, foot);
  page.screen.append(sheet);
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

function shown(raw) {
  return raw.replace(/[\x00-\x1f]/g, " ").slice(0, 80);
}
