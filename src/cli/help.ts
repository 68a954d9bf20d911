/** The lines of `--help` that both runners share: what is read, granted and bounded. */
export const sharedOptions = `\
  -                read the program from standard input
  -i               go on with a prompt after CODE or SCRIPT
  -q               no banner before the prompt
  --jsonl          read JSON requests from standard input, one a line; see docs/jsonl.md
  --env NAME=VALUE set an environment variable of the program (repeatable)
  --mount HOST:GUEST[:MODE]
                   let the program see the directory HOST at the absolute path GUEST (repeatable). MODE is
                   ro (the default), rw, or overlay (changes are kept in memory only)
  --timeout TIME   end the program after TIME, such as 2s, 500ms or 2m: exit code 124
  --max-memory SIZE, --max-output SIZE, --max-file-bytes SIZE, --max-files COUNT
                   the most memory, output, and files in memory, such as 256MB
  --session FILE   go on with the session in FILE, and keep it there afterwards
  --read-only      with --session: leave FILE as it is
  --raw-output     let output reach a terminal as it is: by default only text, colours, cursor movement and erasing do
  -V, --version    print the versions
  -h, --help       print this help

The program reaches no file, environment variable or network of this machine, except what the options give it and,
read-only, the directory that SCRIPT is in.
`;
