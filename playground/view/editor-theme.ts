import { EditorView } from "@codemirror/view";

const hues = {
  keyword: "keyword",
  operatorKeyword: "keyword",
  string: "string",
  string2: "string",
  number: "number",
  bool: "number",
  null: "number",
  comment: "comment",
  className: "type",
  typeName: "type",
  definition: "name",
} as const;

/** In the page's own colours, which reach into the editor's shadow tree. */
export const editorTheme = EditorView.theme({
  "&": {
    color: "var(--text)",
    fontSize: "inherit",
    maxHeight: "var(--editor-most)",
    backgroundColor: "transparent",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--accent)", minHeight: "var(--editor-least)" },
  ".cm-line": { padding: "0 12px 0 6px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 6px 0 14px", minWidth: "26px" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-placeholder": { color: "var(--muted)" },
  "& > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground":
    { backgroundColor: "var(--selection)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)" },
  ".cm-error-line": { backgroundColor: "var(--error-ground)", boxShadow: "inset 3px 0 var(--error)" },
  ".cm-error-text": {
    color: "var(--error)",
    backgroundColor: "var(--error-ground)",
    boxShadow: "inset 3px 0 var(--error)",
    padding: "0 12px 4px 6px",
    fontSize: "0.92em",
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line)",
    borderRadius: "8px",
    boxShadow: "var(--shadow)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--mono)",
    fontSize: "13px",
    maxHeight: "15em",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 12px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--accent)",
    color: "var(--on-accent)",
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  ".cm-tooltip.cm-completionInfo": {
    padding: "10px 12px",
    maxWidth: "420px",
    maxHeight: "260px",
    overflow: "auto",
    whiteSpace: "pre-wrap",
    fontSize: "12.5px",
  },
  ...Object.fromEntries(
    Object.entries(hues).map(([tag, hue]) => [`.tok-${tag}`, { color: `var(--code-${hue})` }]),
  ),
});
