/** Names and texts that strangers chose, as they may be shown and saved. */

// Control characters, and those that change the direction or the order of what stands around them, or that nobody sees.
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/** In one line, with what cannot be seen written out. */
export function visible(text: string, most = 200): string {
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  return shown.replace(hidden, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A name for a file on the visitor's machine: no path, nothing hidden, nothing that a system takes for its own. */
export function fileName(name: string): string {
  const plain = name
    .replace(hidden, "")
    .replace(/[/\\:*?"<>|]/g, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "")
    .slice(-150);
  return plain === "" || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(plain) ? `file_${plain}` : plain;
}

export function saveAs(name: string, data: Uint8Array | string): void {
  const bytes = typeof data === "string" ? data : new Uint8Array(data);
  // No type that a browser would open by itself.
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName(name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
