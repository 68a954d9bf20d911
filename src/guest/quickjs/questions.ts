import { OutOfGuestMemory, type Vm } from "../../abi/quickjs/vm.js";
import { parseBoundedJson } from "../../bounded-json.js";
import { inspectBounds } from "../answer-limits.js";
import type { InspectRequest } from "../guest.js";
import type { QuickJsAddresses } from "./boot.js";
import { compile } from "./compile.js";
import { isCutShort } from "./completeness.js";
import { withEvidentTypes } from "./evident-types.js";
import { moduleText } from "./modules/load.js";
import { endsInImport } from "./static-imports.js";
import { asJavaScript, isCutShortTypeScript } from "./typescript.js";

/** Longer than any message of the compiler's and the place that it is about, in bytes. */
const maxSyntaxErrorBytes = 10_000;

/** Answers a question about the session. Undefined if the guest has no memory for it, or has forged the answer. */
export function answerQuestion(
  vm: Vm,
  at: QuickJsAddresses,
  request: InspectRequest,
  loadTypeStripper: (() => WebAssembly.Module) | undefined,
): unknown {
  if (request.kind === "isComplete") {
    if (!request.isTypeScript) return { status: completenessOf(vm, request.code) };
    const code = moduleText(() => asJavaScript(request.code, "input", loadTypeStripper));
    if (typeof code === "string") return { status: completenessOf(vm, code) };
    return { status: isCutShortTypeScript(code.message) ? "incomplete" : "invalid" };
  }
  try {
    return askDriver(vm, at, request);
  } catch (error) {
    if (error instanceof OutOfGuestMemory) return undefined;
    throw error;
  }
}

function askDriver(vm: Vm, at: QuickJsAddresses, { kind, code }: InspectRequest): unknown {
  const asked = kind === "complete" ? withEvidentTypes(code) : code;
  const args = [vm.newString(kind), vm.newString(asked), vm.exports.qjs_dup_value(at.lexical)];
  const answer = vm.call(at.inspectSession, ...args);
  for (const cell of args) vm.free(cell);
  try {
    if (!vm.isException(answer)) return vm.withBytes(answer, parseAnswer);
    vm.free(vm.exports.qjs_get_exception());
    return undefined;
  } finally {
    vm.free(answer);
  }
}

/** The answer comes out of the guest's memory, where nothing is certain. */
function parseAnswer(bytes: Uint8Array): unknown {
  try {
    return parseBoundedJson(bytes, inspectBounds);
  } catch {
    return undefined;
  }
}

/** Code is incomplete if the compiler stumbles over its end: then an unfinished token behind it changes nothing. */
function completenessOf(vm: Vm, code: string): "complete" | "incomplete" | "invalid" {
  const error = syntaxErrorOf(vm, code);
  if (error === undefined) return "complete";
  if (endsInImport(code)) return "incomplete";
  return isCutShort(code, error, (text) => syntaxErrorOf(vm, text)) ? "incomplete" : "invalid";
}

/** The compiler's message and place; undefined if the code compiles. */
function syntaxErrorOf(vm: Vm, code: string): string | undefined {
  const compiled = compile(vm, { mode: "interactive", code, filename: "input" });
  if (!("error" in compiled)) {
    vm.free(compiled.cell);
    return undefined;
  }
  const stack = vm.lend("stack", (name) => vm.exports.qjs_get_prop_string(compiled.error, name));
  const text = `${vm.text(compiled.error, maxSyntaxErrorBytes)}\n${vm.text(stack, maxSyntaxErrorBytes)}`;
  vm.free(stack);
  vm.free(compiled.error);
  return text;
}
