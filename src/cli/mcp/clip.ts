/** The text, or its two ends with a line between them that says how much is left out. */
export function clipMiddle(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const head = wholeEnd(text, Math.ceil(maxCharacters / 2));
  const tail = wholeStart(text, text.length - Math.floor(maxCharacters / 2));
  return `${text.slice(0, head)}\n[… ${tail - head} characters left out …]\n${text.slice(tail)}`;
}

/**
 * How many characters each of some texts may keep so that they have the total together: short ones are kept whole, and
 * the others share what is left.
 */
export function fairShares(lengths: readonly number[], total: number): number[] {
  const shares = lengths.map(() => 0);
  let left = total;
  const order = lengths.map((length, index) => ({ length, index })).sort((a, b) => a.length - b.length);
  order.forEach(({ length, index }, place) => {
    const share = Math.min(length, Math.floor(left / (order.length - place)));
    shares[index] = share;
    left -= share;
  });
  return shares;
}

/** No character of two code units is cut in half. */
function wholeEnd(text: string, end: number): number {
  return isHighSurrogate(text, end - 1) ? end - 1 : end;
}

function wholeStart(text: string, start: number): number {
  return isHighSurrogate(text, start - 1) ? start + 1 : start;
}

function isHighSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
}
