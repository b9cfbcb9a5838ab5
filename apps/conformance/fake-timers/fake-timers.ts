/** The interface of a library's fake timers, and the programs that run with them. */
import { stat } from "node:fs/promises";
import type { Outcome } from "../contract/index.js";

/** The fake timers of one library. */
export interface FakeTimers {
  /** Replaces the real timers. */
  enable(): void;
  /** Moves the time in one jump, and fires what is due. */
  advance(ms: number): void;
  /** Restores the real timers. */
  restore(): void;
  /** Whether pending timers survive the restoration of the real ones, and fire when fake ones are next advanced. Default: false. */
  readonly keepsPending?: boolean | undefined;
  /** Drops pending timers and stays enabled; `undefined` if the library cannot. */
  readonly reset?: (() => void) | undefined;
  /** The number of pending timers; `undefined` if the library does not report it. */
  readonly pending?: (() => number) | undefined;
  /** Whether one jump fires a timer that another timer of the same jump sets. Default: true. */
  readonly firesNested?: boolean | undefined;
}

/** A program that has to work with every library. */
export interface Program {
  readonly title: string;
  readonly body: (fake: FakeTimers) => unknown;
  /** Whether the library can run it. Default: every library can. */
  readonly needs?: ((fake: FakeTimers) => boolean) | undefined;
}

// Read before any fake timers are enabled. Bun's fake timers keep the identity of `setTimeout`, so there a read of a
// folder replaces it.
const realTimeout = globalThis.setTimeout;
const isBun = "Bun" in globalThis;

/** Lets the real event loop turn, so that every promise that can settle has settled. */
export async function turn(): Promise<void> {
  for (let turns = 0; turns < 2; turns++) {
    await (isBun ? stat(".") : new Promise<void>((resolve) => void realTimeout(resolve, 0)));
  }
}

/** Runs a program with fake timers, and restores the real ones, however it ends. */
export async function runProgram({ body }: Program, fake: FakeTimers): Promise<void> {
  try {
    await body(fake);
  } finally {
    fake.restore();
  }
}

/** The programs that a library can run. */
export function programsFor(fake: FakeTimers, all: readonly Program[]): readonly Program[] {
  return all.filter(({ needs }) => needs === undefined || needs(fake));
}

/** Runs programs one after another, and reports them as a runtime reports the contract. */
export async function runPrograms(library: string, fake: FakeTimers, all: readonly Program[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const program of programsFor(fake, all)) {
    const outcome = { package: "@selvage/scope", rule: "C1", title: `with ${library}, ${program.title}` };
    try {
      await runProgram(program, fake);
      outcomes.push({ ...outcome, status: "passed" });
    } catch (error) {
      outcomes.push({ ...outcome, status: "failed", detail: String(error instanceof Error ? error.stack : error) });
    }
  }
  return outcomes;
}
