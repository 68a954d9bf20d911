/** The part of the WebAssembly JavaScript API that the project uses; `lib.dom` would bring a browser with it. */
declare namespace WebAssembly {
  type ImportValue = ((...args: never[]) => unknown) | Global | Memory | Table;
  type Imports = Record<string, Record<string, ImportValue>>;
  type ExternalKind = "function" | "global" | "memory" | "table" | "tag";

  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): Array<{ module: string; name: string; kind: ExternalKind }>;
    static customSections(module: Module, name: string): ArrayBuffer[];
    static exports(module: Module): Array<{ name: string; kind: ExternalKind }>;
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Table {
    constructor(descriptor: { element: "anyfunc"; initial: number; maximum?: number });
    readonly length: number;
    get(index: number): ((...args: never[]) => unknown) | null;
    set(index: number, value: unknown): void;
    grow(count: number): number;
  }
  class Global {
    constructor(
      descriptor: { value: "i32" | "i64" | "f32" | "f64"; mutable?: boolean },
      value: number | bigint,
    );
    value: number;
  }
  class RuntimeError extends Error {}
  class CompileError extends Error {}
  class LinkError extends Error {}

  function compile(bytes: Uint8Array): Promise<Module>;
  function validate(bytes: Uint8Array): boolean;
}
