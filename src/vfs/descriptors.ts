import { ErrnoError } from "../errno.js";
import type { OpenFile } from "./types.js";

/** A guest's descriptors: small numbers for open files, several of which may stand for one description. */
export class DescriptorTable {
  readonly #maxDescriptors: number;
  readonly #files: Array<OpenFile | undefined> = [];
  readonly #references = new Map<OpenFile, number>();
  #count = 0;

  /** `maxDescriptors` bounds the numbers as well as the count. Default 1,024. */
  constructor(options: { readonly maxDescriptors?: number } = {}) {
    this.#maxDescriptors = options.maxDescriptors ?? 1024;
  }

  /** How many descriptors are open. */
  get count(): number {
    return this.#count;
  }

  /** `EBADF` if the number names no open file. */
  get(descriptor: number): OpenFile {
    const file = this.#files[descriptor];
    if (file === undefined) throw new ErrnoError("EBADF");
    return file;
  }

  has(descriptor: number): boolean {
    return this.#files[descriptor] !== undefined;
  }

  /** The open numbers, ascending. */
  numbers(): number[] {
    return [...this.#files.keys()].filter((descriptor) => this.#files[descriptor] !== undefined);
  }

  /** Opens a file at the lowest free number. `EMFILE` before `open` is called if there is none. */
  open(open: () => OpenFile): number {
    const descriptor = this.#lowestFree(0);
    this.#put(descriptor, open());
    return descriptor;
  }

  /** As `open`, for a file that is open. The table owns it from now on, also if this fails. */
  add(file: OpenFile): number {
    try {
      return this.open(() => file);
    } catch (error) {
      if (!this.#references.has(file)) file.close();
      throw error;
    }
  }

  /** A second number for the same description: the lowest free one from `minimum` on (`F_DUPFD`). */
  duplicate(descriptor: number, minimum = 0): number {
    const file = this.get(descriptor);
    if (minimum < 0 || minimum >= this.#maxDescriptors) throw new ErrnoError("EINVAL");
    const copy = this.#lowestFree(minimum);
    this.#put(copy, file);
    return copy;
  }

  /** `dup2`: `target` stands for the same description afterwards; what it stood for is closed. */
  duplicateTo(descriptor: number, target: number): void {
    const file = this.get(descriptor);
    this.#checkNumber(target);
    if (descriptor === target) return;
    const replaced = this.#files[target];
    this.#put(target, file);
    if (replaced !== undefined) this.#release(replaced);
  }

  /** WASI's `fd_renumber`: as `duplicateTo`, and `descriptor` is closed. Both must be open. */
  renumber(descriptor: number, target: number): void {
    this.get(descriptor);
    this.get(target);
    if (descriptor === target) return;
    this.duplicateTo(descriptor, target);
    this.close(descriptor);
  }

  /** Closes one number, and the description with its last. */
  close(descriptor: number): void {
    const file = this.get(descriptor);
    this.#files[descriptor] = undefined;
    this.#count--;
    this.#release(file);
  }

  closeAll(): void {
    for (const descriptor of this.numbers()) this.close(descriptor);
  }

  #lowestFree(minimum: number): number {
    let descriptor = minimum;
    while (this.#files[descriptor] !== undefined) descriptor++;
    if (descriptor >= this.#maxDescriptors) throw new ErrnoError("EMFILE");
    return descriptor;
  }

  #checkNumber(descriptor: number): void {
    if (!Number.isInteger(descriptor) || descriptor < 0 || descriptor >= this.#maxDescriptors) {
      throw new ErrnoError("EBADF");
    }
  }

  #put(descriptor: number, file: OpenFile): void {
    while (this.#files.length < descriptor) this.#files.push(undefined);
    if (this.#files[descriptor] === undefined) this.#count++;
    this.#files[descriptor] = file;
    this.#references.set(file, (this.#references.get(file) ?? 0) + 1);
  }

  #release(file: OpenFile): void {
    const references = (this.#references.get(file) ?? 1) - 1;
    if (references > 0) {
      this.#references.set(file, references);
    } else {
      this.#references.delete(file);
      file.close();
    }
  }
}
