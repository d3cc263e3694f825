// The offline page: asks for the page again until the server answers, whatever it says.

const PAUSE_MS = 3_000;

async function tryAgain() {
  try {
    await fetch(location.href, { method: "HEAD", cache: "no-store" });
    location.reload();
  } catch {
    setTimeout(tryAgain, PAUSE_MS);
  }
}

setTimeout(tryAgain, PAUSE_MS);
addEventListener("online", tryAgain);
