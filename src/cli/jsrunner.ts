#!/usr/bin/env -S node --stack-size=6400
import { sharedOptions } from "./help.js";
import { main } from "./runner.js";

const help = `Usage: jsrunner [options] [-e CODE | -p CODE | SCRIPT | -] [ARGS...]

Runs JavaScript in a sandbox. Without CODE or SCRIPT the program is read from standard input;
on a terminal there is a prompt.

  -e, --eval CODE  run CODE
  -p, --print CODE run CODE and print the value of its last expression
${sharedOptions}`;

main({
  command: "jsrunner",
  language: "javascript",
  syntax: { code: ["-e", "--eval"], print: ["-p", "--print"] },
  help,
});
