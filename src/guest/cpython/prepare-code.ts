import { callDescriptor } from "./call-file.js";
import { channelDescriptor } from "./channel-descriptor.js";

/**
 * Defines `prepare()`, which makes an interpreter that has just started ready for its image: it imports the modules
 * that the host names (`modules`; with `optional`, those that there are), makes the driver's entry function, reports
 * its address and returns it.
 */
export const prepareFunction = `
def prepare():
    import gc, json, os, sys
    message = json.loads(os.read(${channelDescriptor}, int.from_bytes(os.read(${channelDescriptor}, 4), "little")))
    for name in message["modules"]:
        try:
            __import__(name)
        except ImportError:
            if not message.get("optional"):
                raise
    sys.path[:] = [path for path in sys.path if path and not path.endswith((".zip", "lib-dynload"))]
    sys.path.insert(0, "")
    names = {"__name__": "wasm_repl_driver"}
    # Part by part, since what compiling leaves behind in the memory stays in every image.
    for part in message["driver"].split("\f"):
        exec(compile(part, "<driver>", "exec"), names)
    entry = names["_make_entry"](${channelDescriptor}, ${callDescriptor})
    gc.collect()
    gc.freeze()
    os.write(${channelDescriptor}, str(id(entry)).encode())
    return entry
`;

/** The most that it reports, in bytes. */
export const maxReportBytes = 100;

/** The address that was reported; NaN if it was none. */
export function readReport(report: Uint8Array | undefined): number {
  return report === undefined ? Number.NaN : Number(new TextDecoder().decode(report));
}
