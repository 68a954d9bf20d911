#!/usr/bin/env -S node --stack-size=5500
import { main } from "./runner.js";

const help = `Usage: jsrunner [options] [-e CODE | -p CODE | SCRIPT | -] [ARGS...]

Runs JavaScript in a sandbox. Without CODE or SCRIPT the program is read from standard input.

  -e, --eval CODE  run CODE
  -p, --print CODE run CODE and print the value of its last expression
  -                read the program from standard input
  --jsonl          read JSON requests from standard input, one a line; see docs/jsonl.md
  --env NAME=VALUE set an environment variable of the program (repeatable)
  --mount HOST:GUEST[:MODE]
                   let the program see the directory HOST at the absolute path GUEST (repeatable). MODE is
                   ro (the default), rw, or overlay (changes are kept in memory only)
  -V, --version    print the versions
  -h, --help       print this help

The program reaches no file, environment variable or network of this machine, except what the options give it and,
read-only, the directory that SCRIPT is in.
`;

main({
  command: "jsrunner",
  language: "javascript",
  syntax: { code: ["-e", "--eval"], print: ["-p", "--print"] },
  help,
});
