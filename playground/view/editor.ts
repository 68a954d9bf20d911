/** The editor of the cell that is to be run. It lives in a shadow tree, where its styles are sheets and not elements. */
import {
  acceptCompletion,
  autocompletion,
  type Completion,
  type CompletionContext,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
  WidgetType,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import type { Language } from "wasm-repl/browser";
import { editorTheme } from "./editor-theme.js";

export interface EditorActions {
  /** @param keeps Whether the code stays in the editor. */
  run(keeps: boolean): void;
  stop(): void;
  /** An earlier cell (-1) or a later one. */
  recall(step: -1 | 1): void;
  /** What may stand at the end of this code; undefined if nobody can say. */
  complete(before: string): Promise<{ prefix: string; items: readonly string[] } | undefined>;
  describe(name: string): Promise<string | undefined>;
}

export interface Editor {
  text(): string;
  set(text: string): void;
  /** As `set`, to be read from its beginning. */
  offer(text: string): void;
  focus(): void;
  setLanguage(language: Language): void;
  /** Marks a line, from 1, as the one of an error, until the text changes. */
  markError(line: number, message: string): void;
}

class ErrorText extends WidgetType {
  readonly #message: string;
  constructor(message: string) {
    super();
    this.#message = message;
  }
  override toDOM(): HTMLElement {
    const element = document.createElement("div");
    element.className = "cm-error-text";
    element.textContent = this.#message;
    return element;
  }
}

const setMark = StateEffect.define<{ line: number; message: string } | undefined>();

const errorMark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setMark)) continue;
      const { doc } = transaction.state;
      if (effect.value === undefined || effect.value.line > doc.lines) return Decoration.none;
      const { from, to } = doc.line(effect.value.line);
      const widget = new ErrorText(effect.value.message);
      return Decoration.set([
        Decoration.line({ class: "cm-error-line" }).range(from),
        Decoration.widget({ widget, side: 1, block: true }).range(to),
      ]);
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** In characters. */
const longestMessage = 300;

export function createEditor(host: HTMLElement, language: Language, actions: EditorActions): Editor {
  const shadow = host.attachShadow({ mode: "open", delegatesFocus: true });
  const compartment = new Compartment();

  async function complete(context: CompletionContext) {
    const before = context.state.sliceDoc(0, context.pos);
    if (!context.explicit && !/[\w.]$/.test(before)) return null;
    const answer = await actions.complete(before);
    if (answer === undefined || answer.items.length === 0 || context.aborted) return null;
    const isAttribute = before.slice(0, -answer.prefix.length || undefined).endsWith(".");
    const owner = /([\w.]+)\.$/.exec(before.slice(0, before.length - answer.prefix.length))?.[1];
    return {
      from: context.pos - answer.prefix.length,
      options: answer.items.map((label): Completion => {
        const name = isAttribute && owner !== undefined ? `${owner}.${label}` : label;
        return { label, info: () => described(actions, name) };
      }),
      validFor: /^\w*$/,
    };
  }

  const run = (keeps: boolean) => () => {
    actions.run(keeps);
    return true;
  };
  /** At the edge of the text only; within it the key moves the cursor. */
  const recall = (step: -1 | 1) => (view: EditorView) => {
    const { main } = view.state.selection;
    const edge = step < 0 ? 1 : view.state.doc.lines;
    if (!main.empty || view.state.doc.lineAt(main.head).number !== edge) return false;
    actions.recall(step);
    return true;
  };

  const view = new EditorView({
    root: shadow,
    parent: shadow,
    state: EditorState.create({
      extensions: [
        Prec.highest(
          keymap.of([
            { key: "Mod-Enter", run: run(false) },
            { key: "Shift-Enter", run: run(true) },
            {
              key: "Mod-.",
              run() {
                actions.stop();
                return true;
              },
            },
          ]),
        ),
        keymap.of([
          { key: "Tab", run: acceptCompletion },
          ...closeBracketsKeymap,
          ...completionKeymap,
          { key: "ArrowUp", run: recall(-1) },
          { key: "ArrowDown", run: recall(1) },
          indentWithTab,
          ...defaultKeymap,
          ...historyKeymap,
        ]),
        lineNumbers(),
        history(),
        highlightSpecialChars(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ override: [complete], icons: false, aboveCursor: true }),
        syntaxHighlighting(classHighlighter),
        EditorView.lineWrapping,
        errorMark,
        editorTheme,
        EditorView.contentAttributes.of({ "aria-label": "Code of the next cell" }),
        compartment.of(extensionsOf(language)),
      ],
    }),
  });

  return {
    text: () => view.state.doc.toString(),
    set(text) {
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text },
        selection: { anchor: text.length },
        scrollIntoView: true,
      });
    },
    offer: (text) =>
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text },
        effects: EditorView.scrollIntoView(0, { y: "start" }),
      }),
    focus: () => view.focus(),
    setLanguage: (to) => view.dispatch({ effects: compartment.reconfigure(extensionsOf(to)) }),
    markError: (line, message) =>
      view.dispatch({ effects: setMark.of({ line, message: message.slice(0, longestMessage) }) }),
  };
}

function extensionsOf(language: Language) {
  return language === "python"
    ? [python(), indentUnit.of("    "), placeholder("Write Python…")]
    : [javascript(), indentUnit.of("  "), placeholder("Write JavaScript…")];
}

async function described(actions: EditorActions, name: string): Promise<HTMLElement | null> {
  const text = await actions.describe(name);
  if (text === undefined) return null;
  const element = document.createElement("div");
  element.textContent = text;
  return element;
}
