// Runs a WASI command under node:wasi with one directory: node node-wasi.mjs MODULE DIRECTORY
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [path, directory] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [path], preopens: { "/": directory } });
const module = new WebAssembly.Module(readFileSync(path));
process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
