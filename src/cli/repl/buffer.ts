import { graphemes } from "./width.js";

interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

const mostUndo = 200;

/** The text being typed and the cursor in it, with the moves and deletions of an Emacs-like line editor. */
export class TextBuffer {
  text = "";
  /** In UTF-16 code units, at the boundary of a visible character. */
  cursor = 0;
  #killed = "";
  #undo: Snapshot[] = [];
  /** Characters typed one after the other are undone together. */
  #typing = false;

  set(text: string, cursor = text.length): void {
    this.#remember(false);
    this.text = text;
    this.cursor = cursor;
  }

  /** Starts anew; what was killed can still be yanked. */
  clear(text = ""): void {
    this.text = text;
    this.cursor = text.length;
    this.#undo = [];
    this.#typing = false;
  }

  insert(text: string): void {
    this.#remember(text.length === 1 && text !== " ");
    this.text = this.text.slice(0, this.cursor) + text + this.text.slice(this.cursor);
    this.cursor += text.length;
  }

  /** Puts a text in the place of what stands between `start` and the cursor. */
  replaceBefore(start: number, text: string): void {
    this.#remember(false);
    this.text = this.text.slice(0, start) + text + this.text.slice(this.cursor);
    this.cursor = start + text.length;
  }

  /** Deletes from the cursor to `to`, wherever that lies. */
  delete(to: number, kill = false): void {
    if (to === this.cursor) return;
    this.#remember(false);
    const [start, end] = to < this.cursor ? [to, this.cursor] : [this.cursor, to];
    if (kill) this.#killed = this.text.slice(start, end);
    this.text = this.text.slice(0, start) + this.text.slice(end);
    this.cursor = start;
  }

  yank(): void {
    if (this.#killed !== "") this.insert(this.#killed);
  }

  undo(): void {
    const last = this.#undo.pop();
    if (last === undefined) return;
    this.text = last.text;
    this.cursor = last.cursor;
    this.#typing = false;
  }

  get lineStart(): number {
    return this.text.lastIndexOf("\n", this.cursor - 1) + 1;
  }

  get lineEnd(): number {
    const end = this.text.indexOf("\n", this.cursor);
    return end < 0 ? this.text.length : end;
  }

  get isFirstLine(): boolean {
    return this.lineStart === 0;
  }

  get isLastLine(): boolean {
    return this.lineEnd === this.text.length;
  }

  /** What stands in the cursor's line before it. */
  get lineBefore(): string {
    return this.text.slice(this.lineStart, this.cursor);
  }

  get left(): number {
    if (this.cursor === this.lineStart) return Math.max(this.cursor - 1, 0);
    let last = 0;
    for (const { text } of graphemes(this.lineBefore)) last = text.length;
    return this.cursor - last;
  }

  get right(): number {
    if (this.cursor === this.text.length) return this.cursor;
    for (const { text } of graphemes(this.text.slice(this.cursor, Math.max(this.lineEnd, this.cursor + 1)))) {
      return this.cursor + text.length;
    }
    return this.cursor + 1;
  }

  get wordLeft(): number {
    const match = /[\p{L}\p{N}\p{M}_$]*[^\p{L}\p{N}\p{M}_$]*$/u.exec(this.text.slice(0, this.cursor));
    return match === null ? 0 : match.index;
  }

  get wordRight(): number {
    const match = /^[^\p{L}\p{N}\p{M}_$]*[\p{L}\p{N}\p{M}_$]*/u.exec(this.text.slice(this.cursor));
    return this.cursor + (match?.[0].length ?? 0);
  }

  /** The same column of the line above or below, or that line's end. */
  vertical(direction: -1 | 1): number {
    const column = this.cursor - this.lineStart;
    const start =
      direction < 0
        ? this.text.lastIndexOf("\n", this.lineStart - 2) + 1
        : Math.min(this.lineEnd + 1, this.text.length);
    const end = this.text.indexOf("\n", start);
    return Math.min(start + column, end < 0 ? this.text.length : end);
  }

  #remember(typing: boolean): void {
    if (!(typing && this.#typing)) {
      this.#undo.push({ text: this.text, cursor: this.cursor });
      if (this.#undo.length > mostUndo) this.#undo.shift();
    }
    this.#typing = typing;
  }
}
