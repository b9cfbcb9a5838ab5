/**
 * Folds a tree from the leaves up, in order. It does not recurse, because groups may be 100,000 levels deep.
 *
 * `open` returns the parts of an item, or `undefined` for a leaf. It is called for an item before it is called for its parts. `close` makes the
 * result of an item from the results of its parts, or from `undefined` for a leaf.
 */
export function fold<Item, Result>(
  root: Item,
  open: (item: Item) => readonly Item[] | undefined,
  close: (item: Item, parts: Result[] | undefined) => Result,
): Result {
  interface Frame {
    readonly items: readonly Item[];
    readonly parts: Result[];
    readonly outer: Frame | undefined;
  }
  let frame: Frame = { items: [root], parts: [], outer: undefined };
  for (;;) {
    const { items, parts, outer } = frame;
    if (parts.length < items.length) {
      const item = items[parts.length]!;
      const inner = open(item);
      if (inner) frame = { items: inner, parts: [], outer: frame };
      else parts.push(close(item, undefined));
    } else if (outer) {
      outer.parts.push(close(outer.items[outer.parts.length]!, parts));
      frame = outer;
    } else {
      return parts[0]!;
    }
  }
}
