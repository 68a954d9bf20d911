// As guest.mjs, by the host's own requests for the files of a session: the mount is the guest's root.
import { createSession } from "../../../dist/index.js";

const entries = ["d", "d/sub", "e", "file"];
const paths = [
  ...entries,
  ...[
    "d/f",
    "d/sub/f",
    "e/f",
    "file",
    "d/f",
    "d/sub/f",
    "d/new",
    "d/sub/new",
    "e/new",
    "new",
    "d/made",
    "made/f",
  ],
  ...["/d/../d/f", "/d/sub/../f", "/d/sub/../../e/f", "/d/../..", "/e//", "/d/", "/", "/d/../../outside/f"],
];

/** @param began Called once the mount is opened, which follows whatever links stand in its path. */
export async function askForFiles(mount, mode, { seed, weights, operations, secret, names }, began) {
  let state = seed >>> 0;
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = (list) => list[random(list.length)];
  const leaks = [];
  const counts = { operations: 0, met: 0, missed: 0 };
  const session = await createSession("javascript", { mounts: [{ hostPath: mount, guestPath: "/", mode }] });
  began();
  const { files } = session;
  const seeNames = (found) => found.some((name) => names.includes(name)) && leaks.push("names");
  const looks = [
    async (path) => (await files.readText(path)).includes(secret) && leaks.push("content"),
    async (path) => seeNames((await files.list(path)).map(({ name }) => name)),
    (path) => files.stat(path),
    (path) => files.stat(path, { followSymlinks: false }),
    async () => seeNames((await files.overlayChanges()).flatMap(({ path }) => path.split("/"))),
  ];
  const changes = [
    (path) => files.write(path, "host"),
    (path) => files.write(`${path}/a/f`, "host", { parents: true }),
    (path) => files.makeDirectory(path, { parents: true }),
  ];
  const removals = [(path) => files.remove(path), (path) => files.remove(path, { recursive: true })];
  const kinds = [looks, changes, removals].flatMap((kind, index) => Array(weights[index]).fill(kind));
  while (counts.operations < operations) {
    counts.operations++;
    try {
      await pick(pick(kinds))(pick(paths));
      counts.met++;
    } catch (error) {
      if (error.code !== "FILE_FAILED") throw error;
      counts.missed++;
    }
  }
  await session.close();
  return { ...counts, leaks };
}
