// Takeover: scans that an older version of the app kept in localStorage move to the database, once.

const PREFIX = "scandock.scan.";

/** Moves them, oldest first. What cannot be moved stays where it is. */
export async function takeOver(db) {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).sort();
  const transaction = db.transaction("scans", "readwrite", { durability: "strict" });
  const adds = keys.map((key) => transaction.store.add(asNow(JSON.parse(localStorage.getItem(key)))));
  await Promise.all([...adds, transaction.done]);
  for (const key of keys) localStorage.removeItem(key);
}

function asNow({ url, page, person, read_at, isLeftOver, ...scan }) {
  return { ...scan, person: Number(person) || 0, to: url ?? page };
}
