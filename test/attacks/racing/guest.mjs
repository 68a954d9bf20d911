// As guest.py, with `node:fs`: the mount is the guest's root, so relative paths begin in it.
const fs = await import("node:fs");
const { outside, secret, inodes, names, seed, weights, operations: least } = JSON.parse(process.env.SETUP);
const [outsideInodes, outsideNames] = [new Set(inodes), new Set(names)];
let state = seed >>> 0;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = (list) => list[random(list.length)];
const leaks = [];
let [met, missed, operations] = [0, 0, 0];

const targets = [
  outside,
  `${outside}/f`,
  `${outside}/d`,
  "../outside",
  "../outside/f",
  "../../outside",
  "/",
  "..",
  "d",
  "/d",
  "d/sub",
];
const entries = ["d", "d/sub", "e", "file"];
const likely = ["d/f", "d/sub/f", "e/f", "file", "file", "d"];
const paths = [
  ...entries,
  "d/f",
  "d/sub/f",
  "e/f",
  "d/new",
  "d/sub/new",
  "e/new",
  "new",
  "new/f",
  "d/made",
  "e/made",
  "made",
  "/d/../d/f",
  "/d/sub/../f",
  "/d/sub/../../e/f",
  "/e/../f",
  "/d/..",
  "/d/../..",
  "/../d/f",
  "/./e/./f",
  "/d/",
  "/e//",
  "/d/sub/",
  "own",
  "own/f",
  "/own/../f",
  "own/d/f",
  "own2",
  "own2/f",
  "d/own",
  "d/own/f",
  "/d/own/..",
  "e/own/f",
  "/d/f",
  "/d/sub/f",
  "/own/f",
  `${outside}/f`,
  "/../outside/f",
  "/d/../../outside/f",
];
const moved = ["new", "d/new", "e/new", "d/sub/new", "own", "d/own", "made", "e/made"];

const seeNames = (found) => found.some((name) => outsideNames.has(name)) && leaks.push("names");
const seeStatus = (status) => outsideInodes.has(status.ino) && leaks.push("status");
const seeContent = (text) => text.includes(secret) && leaks.push("content");
const read = (path) => seeContent(fs.readFileSync(path, "latin1"));

const looks = [
  read,
  read,
  read,
  read,
  fs.readlinkSync,
  fs.existsSync,
  fs.accessSync,
  (path) => seeContent(new TextDecoder().decode(fs.readFileSync(path))),
  (path) => seeNames(fs.readdirSync(path)),
  (path) => seeNames(fs.readdirSync(path, { recursive: true }).flatMap((name) => name.split("/"))),
  (path) => seeStatus(fs.statSync(path)),
  (path) => seeStatus(fs.lstatSync(path)),
  (path) => fs.realpathSync(path),
  (path) => {
    fs.copyFileSync(path, "/new");
    read("/new");
  },
];
const changes = [
  (path) => fs.writeFileSync(path, "guest"),
  (path) => fs.writeFileSync(path, "guest", { flag: "wx" }),
  (path) => fs.writeFileSync(path, "guest", { flag: "r+" }),
  (path) => fs.appendFileSync(path, "guest"),
  (path) => fs.truncateSync(path, 4),
  (path) => fs.chmodSync(path, 0o755),
  (path) => fs.utimesSync(path, 1, 1),
  (path) => fs.renameSync(path, pick(moved)),
  (path) => fs.renameSync(pick(moved), path),
  (path) => fs.copyFileSync("/new", path),
  (path) => {
    fs.linkSync(path, pick(moved));
  },
  (path) => fs.mkdirSync(path),
  (path) => fs.mkdirSync(`${path}/a/b`, { recursive: true }),
  (path) => fs.symlinkSync(pick(targets), path),
];
const removals = [
  fs.unlinkSync,
  fs.rmdirSync,
  (path) => fs.rmSync(path, { recursive: true }),
  () => fs.renameSync(pick(entries), pick(moved)),
];

function attempt(action) {
  operations++;
  try {
    action();
    met++;
  } catch (error) {
    if (error.code === undefined) throw error;
    missed++;
  }
}

function restore() {
  for (const path of ["d", "d/sub", "e"]) {
    attempt(() => fs.mkdirSync(path));
    attempt(() => fs.writeFileSync(`${path}/f`, "guest"));
  }
  for (const path of ["own", "own2", "d/own", "e/own"]) attempt(() => fs.symlinkSync(pick(targets), path));
}

console.log("on");
for (let turn = 0; operations < least || ((met === 0 || missed === 0) && operations < 100 * least); turn++) {
  if (turn % 40 === 0) restore();
  const lot = random(weights[0] + weights[1] + weights[2]);
  const kind = lot < weights[0] ? looks : lot < weights[0] + weights[1] ? changes : removals;
  const path = pick(pick([likely, likely, paths, moved]));
  attempt(() => pick(kind)(path));
}
console.log(JSON.stringify({ operations, met, missed, leaks: leaks.slice(0, 10) }));
