#!/usr/bin/env node
import { sharedOptions } from "./help.js";
import { main } from "./runner.js";

const help = `Usage: pyrunner [options] [-c CODE | -m MODULE | SCRIPT | -] [ARGS...]

Runs Python in a sandbox. Without CODE, MODULE or SCRIPT the program is read from standard input;
on a terminal there is a prompt.

  -c CODE          run CODE
  -m MODULE        run a module of the standard library as a program
  --runtime DIR    run the CPython build for WASI in DIR (python.wasm beside lib/) instead of the bundled one
${sharedOptions}`;

main({
  command: "pyrunner",
  language: "python",
  syntax: { code: ["-c"], module: ["-m"], runtime: ["--runtime", "-runtime"] },
  help,
});
