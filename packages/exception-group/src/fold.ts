/**
 * Folds a tree from the leaves up, in order, without recursion: groups may be 100,000 deep.
 *
 * `open` is asked for what is in an item, before that is looked at; `close` makes the item's result from the results of what was
 * in it, or from `undefined` where `open` returned that.
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
