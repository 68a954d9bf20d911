import type { Pointer } from "../../abi/quickjs/exports.js";
import { parseRequest, requestBounds } from "../../abi/quickjs/file-calls.js";
import { hostOperations } from "../../abi/quickjs/host-operations.js";
import type { Vm } from "../../abi/quickjs/vm.js";
import type { QuickJsAddresses } from "./boot.js";
import { ModuleError } from "./modules/error.js";
import type { ModuleLoader } from "./modules/load.js";

/** What the driver asks of the loader of modules. Undefined for an operation that is none of these. */
export function performModuleOperation(
  vm: Vm,
  at: QuickJsAddresses,
  loader: ModuleLoader,
  operation: number,
  first: Pointer,
  second: Pointer,
): Pointer | undefined {
  switch (operation) {
    case hostOperations.resolveModule:
      return attempt(vm, at, () => {
        const { path, to, call } = vm.withBytes(first, parseRequest) ?? {};
        const resolve = call === "import" ? loader.resolveImported : loader.resolveRequired;
        return vm.newString(resolve(String(path), String(to)));
      });
    case hostOperations.compile:
      return attempt(vm, at, () => compileBody(vm, loader, vm.text(first, requestBounds.bytes), second));
    default:
      return undefined;
  }
}

function attempt(vm: Vm, at: QuickJsAddresses, action: () => Pointer): Pointer {
  try {
    return action();
  } catch (error) {
    if (error instanceof ModuleError) return throwModuleError(vm, at, error);
    throw error;
  }
}

/** Leaves it pending for the running code. Returns 0. */
export function throwModuleError(vm: Vm, at: QuickJsAddresses, error: ModuleError): 0 {
  const made = makeModuleError(vm, at, error);
  return vm.isException(made) ? 0 : vm.throw(made);
}

/** An owned cell with the error that the guest's code gets; or with the exception mark. */
export function makeModuleError(
  vm: Vm,
  at: QuickJsAddresses,
  { message, code, place }: ModuleError,
): Pointer {
  const where =
    place === undefined
      ? vm.exports.qjs_get_undefined()
      : vm.newString(`${place.filename}:${place.line}:${place.column}`);
  const values = [vm.newString(message), vm.newString(code), where];
  const made = vm.call(at.moduleError, ...values);
  for (const value of values) vm.free(value);
  return made;
}

/** The lines of the text keep their numbers; the columns of the first are moved. */
function compileBody(vm: Vm, loader: ModuleLoader, path: string, text: Pointer): Pointer {
  const source = vm.withBytes(text, (bytes) => new TextDecoder().decode(bytes)) ?? "";
  const body = loader.requiredText(path, source);
  const code = `(function(exports,require,module,__filename,__dirname){${body}\n})`;
  const compiled = vm.evaluate(code, path, 0);
  if (!vm.isException(compiled)) return compiled;
  vm.free(compiled);
  return 0;
}
