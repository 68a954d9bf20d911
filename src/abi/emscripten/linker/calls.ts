import { ErrnoError } from "../../../errno.js";
import type { EmscriptenHost, ImportFunction } from "../host.js";
import { LinkError } from "./link-error.js";

/** Emscripten's C library keeps what it knows of a library in a struct, whose address is the handle. */
const offsets = { flags: 4, name: 36 } as const;
const globalFlag = 256;
const maxNameBytes = 4096;

/** `dlopen` and `dlsym`, which the C library has in common with the host. */
export function linkerCalls(host: EmscriptenHost): Record<string, ImportFunction> {
  const { memory } = host;

  /** 0 for what cannot be linked, and the reason is what `dlerror` gives. */
  function attempt(what: () => string, action: () => number): number {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof LinkError || error instanceof ErrnoError)) throw error;
      host.guest().setLinkError(`${what()}${error.message}`);
      return 0;
    }
  }

  const linker = () => {
    const found = host.guest().linker;
    if (found === undefined) throw new LinkError("is a native module, which this sandbox cannot load");
    return found;
  };

  return {
    _dlopen_js(handle: number) {
      let path: string | undefined;
      return attempt(
        () => (path === undefined ? "" : `${path} `),
        () => {
          path = memory.zeroTerminatedString((handle >>> 0) + offsets.name, maxNameBytes);
          linker().open(path, (memory.u32(handle + offsets.flags) & globalFlag) !== 0, handle >>> 0);
          return 1;
        },
      );
    },
    _dlsym_js(handle: number, name: number) {
      return attempt(
        () => "",
        () => linker().symbol(handle >>> 0, memory.zeroTerminatedString(name, maxNameBytes)),
      );
    },
  };
}
