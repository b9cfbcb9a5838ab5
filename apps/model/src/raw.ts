import fc from "fast-check";
import type { Kind } from "./program.js";

/**
 * A statement as it is drawn: without a number, and with a `pick` of what it refers to, to be taken modulo the number of those
 * that there are. So every part can be drawn, and shrunk, without regard to the others.
 */
export interface Raw {
  readonly do: Kind;
  readonly pick: number;
  readonly ms: number;
  /** Another time, which may be none: a grace, a limit. */
  readonly more: number | null;
  readonly flag: boolean;
  readonly body: readonly Raw[];
  readonly cleanup: readonly Raw[];
}

/** How programs are drawn. */
export interface RawOptions {
  /** What a program may be made of, and how often: by weight. */
  readonly weights: ReadonlyMap<Kind, number>;
  /** The same for the outermost block. */
  readonly atTop: ReadonlyMap<Kind, number>;
  /** The same for cleanups. */
  readonly inCleanup: ReadonlyMap<Kind, number>;
  /** How long things take. */
  readonly times: fc.Arbitrary<number>;
  /** How deep blocks are nested. */
  readonly depth: number;
  /** How many statements a block has, at most. */
  readonly length: number;
}

const NONE: fc.Arbitrary<readonly Raw[]> = fc.constant([]);
const WITH_BODY: ReadonlySet<Kind> = new Set([
  "spawn",
  "start",
  "try",
  "attempt",
  "scope",
  "timeout",
  "moveOnAfter",
  "group",
  "supervisor",
]);

/** Blocks of drawn statements. */
export function rawBlocks(options: RawOptions): fc.Arbitrary<readonly Raw[]> {
  // Unbiased: fast-check would else draw mostly short blocks, in which nothing happens.
  return fc.noBias(blocks(options, options.atTop, options.depth));
}

function blocks(options: RawOptions, weights: RawOptions["weights"], depth: number): fc.Arbitrary<readonly Raw[]> {
  const nested = weights === options.atTop ? options.weights : weights;
  const usable = [...weights].filter(([kind]) => depth > 0 || !WITH_BODY.has(kind));
  const simple = usable.filter(([kind]) => !WITH_BODY.has(kind));
  const body = depth > 0 ? fc.memo(() => blocks(options, nested, depth - 1))() : NONE;
  const cleanup = depth > 0 ? fc.memo(() => blocks(options, options.inCleanup, Math.min(1, depth - 1)))() : NONE;
  const statement = ([kind, weight]: [Kind, number]): fc.WeightedArbitrary<Raw> => ({
    weight,
    arbitrary: fc.record({
      do: fc.constant(kind),
      pick: fc.nat(1000),
      ms: options.times,
      more: fc.option(options.times),
      flag: fc.boolean(),
      body: WITH_BODY.has(kind) ? body : NONE,
      cleanup: kind === "try" ? cleanup : NONE,
    }),
  });
  // What is simple comes first: shrinking tries the first of the alternatives.
  const ordered = [...simple, ...usable.filter(([kind]) => WITH_BODY.has(kind))];
  const one = fc.oneof({ withCrossShrink: true }, ...ordered.map(statement));
  return fc.array(one, { maxLength: options.length, size: "max" });
}
