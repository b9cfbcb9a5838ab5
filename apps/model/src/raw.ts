import fc from "fast-check";
import type { Kind, Placement, Restart, ShutdownTimes } from "./program.js";

/**
 * A statement as it is generated: without a number. Its `pick` selects what it refers to, modulo the number of
 * candidates. So every part can be generated and shrunk independently of the others.
 */
export interface Raw {
  readonly do: Kind;
  readonly pick: number;
  readonly ms: number;
  /** An optional time: a grace or a limit. */
  readonly more: number | null;
  readonly flag: boolean;
  readonly body: readonly Raw[];
  readonly cleanup: readonly Raw[];
  /** For a task of a supervisor; `null` for anything else. */
  readonly placement: Placement | null;
  /** For a task of a supervisor; `null` for one that is not restarted, and for anything else. */
  readonly restart: RawRestart | null;
  /** For a supervisor; `null` for one that is cancelled with its parent, and for anything else. */
  readonly drain: ShutdownTimes | null;
}

interface RawRestart {
  readonly policy: Restart;
  /** The bodies of the runs after the first. */
  readonly again: readonly (readonly Raw[])[];
  /** Whether a run that would return fails. */
  readonly fails: boolean;
}

/** How programs are generated. */
export interface RawOptions {
  /** The statements of a program, by weight. */
  readonly weights: ReadonlyMap<Kind, number>;
  /** The same for the outermost block. */
  readonly atTop: ReadonlyMap<Kind, number>;
  /** The same for cleanups. */
  readonly inCleanup: ReadonlyMap<Kind, number>;
  /** The times in a program. */
  readonly times: fc.Arbitrary<number>;
  /** The maximum depth of nested blocks. */
  readonly depth: number;
  /** The maximum number of statements in a block. */
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

/** Blocks of generated statements. */
export function rawBlocks(options: RawOptions): fc.Arbitrary<readonly Raw[]> {
  // Unbiased, because fast-check would otherwise generate mostly short blocks, in which nothing happens.
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
      placement: isTask(kind) ? fc.option(placements(options)) : fc.constant(null),
      restart: isTask(kind) ? fc.option(restarts(options, body), { freq: 2 }) : fc.constant(null),
      drain: kind === "supervisor" ? fc.option(shutdownTimes(options), { freq: 2 }) : fc.constant(null),
    }),
  });
  // Simple alternatives come first, because shrinking tries the first one.
  const ordered = [...simple, ...usable.filter(([kind]) => WITH_BODY.has(kind))];
  const one = fc.oneof({ withCrossShrink: true }, ...ordered.map(statement));
  return fc.array(one, { maxLength: options.length, size: "max" });
}

function isTask(kind: Kind): boolean {
  return kind === "spawn" || kind === "start";
}

function placements({ times }: RawOptions): fc.Arbitrary<Placement> {
  return fc.record({ stage: fc.nat(2), grace: fc.option(times) });
}

function shutdownTimes({ times }: RawOptions): fc.Arbitrary<ShutdownTimes> {
  return fc.record({ grace: times, timeout: fc.option(times) });
}

function restarts({ times }: RawOptions, body: fc.Arbitrary<readonly Raw[]>): fc.Arbitrary<RawRestart> {
  const backoff = fc.record({ initial: times, factor: fc.integer({ min: 1, max: 3 }), max: times });
  const policy = fc.record({
    when: fc.constantFrom("on-failure", "always"),
    maxRestarts: fc.nat(3),
    within: times,
    backoff: fc.option(backoff),
  });
  return fc.record({ policy, again: fc.array(body, { maxLength: 3, size: "max" }), fails: fc.boolean() });
}
