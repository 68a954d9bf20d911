#!/usr/bin/env node
import { main } from "./runner.js";

const help = `Usage: pyrunner [options] [-c CODE | -m MODULE | SCRIPT | -] [ARGS...]

Runs Python in a sandbox. Without CODE, MODULE or SCRIPT the program is read from standard input;
on a terminal there is a prompt.

  -c CODE          run CODE
  -m MODULE        run a module of the standard library as a program
  -                read the program from standard input
  -i               go on with a prompt after CODE or SCRIPT
  -q               no banner before the prompt
  --jsonl          read JSON requests from standard input, one a line; see docs/jsonl.md
  --env NAME=VALUE set an environment variable of the program (repeatable)
  -V, --version    print the versions
  -h, --help       print this help

The program reaches no file, environment variable or network of this machine.
`;

main({
  command: "pyrunner",
  language: "python",
  syntax: { code: ["-c"], module: ["-m"] },
  help,
});
