/** In pixels: what still counts as the end. */
const nearEnd = 40;

/**
 * Keeps the end of what scrolls in view as it grows, unless the visitor has scrolled away from there.
 *
 * @returns Goes to the end.
 */
export function stayAtEnd(scrolled: HTMLElement, content: HTMLElement): () => void {
  let isAtEnd = true;
  let lastTop = 0;
  const follow = () => {
    if (isAtEnd && content.childElementCount > 0) scrolled.scrollTop = scrolled.scrollHeight;
  };
  scrolled.addEventListener("scroll", () => {
    const { scrollTop, scrollHeight, clientHeight } = scrolled;
    // It may have grown since it was moved here: only upwards is away.
    if (scrollTop < lastTop) isAtEnd = false;
    if (scrollHeight - scrollTop - clientHeight < nearEnd) isAtEnd = true;
    lastTop = scrollTop;
  });
  const observer = new ResizeObserver(follow);
  observer.observe(content);
  observer.observe(scrolled);
  return () => {
    isAtEnd = true;
    follow();
  };
}
