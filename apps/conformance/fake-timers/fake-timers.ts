/** What a library's fake timers can do, and how a program that runs with them is reported. */
import type { Outcome } from "../contract/index.js";

/** The fake timers of one library. */
export interface FakeTimers {
  /** Puts the fake timers in place of the real ones. */
  enable(): void;
  /** Moves the time by one jump, and fires what is due. */
  advance(ms: number): void;
  /** Puts the real timers back. */
  restore(): void;
  /** Whether what is pending is kept when the real timers are put back, and fires when fake ones are next advanced. Default: false. */
  readonly keepsPending?: boolean | undefined;
  /** Drops what is pending and stays enabled; `undefined` where the library cannot. */
  readonly reset?: (() => void) | undefined;
  /** How many timers are pending; `undefined` where the library does not say. */
  readonly pending?: (() => number) | undefined;
  /** Whether one jump fires a timer that another timer of the same jump sets. Default: true. */
  readonly firesNested?: boolean | undefined;
}

/** One program that has to work with every library. */
export interface Program {
  readonly title: string;
  readonly body: (fake: FakeTimers) => unknown;
  /** Whether the library can run it. Default: every library can. */
  readonly needs?: ((fake: FakeTimers) => boolean) | undefined;
}

// Found before any fake timers are enabled.
const { setTimeout: realTimeout, Bun } = globalThis as typeof globalThis & {
  readonly Bun?: { sleep(ms: number): Promise<void> };
};

/** Lets the real event loop turn, so that every promise that can settle has settled. */
export async function turn(): Promise<void> {
  for (let turns = 0; turns < 2; turns++) {
    if (Bun === undefined) await new Promise<void>((resolve) => void realTimeout(resolve, 0));
    else await Bun.sleep(0); // its fake timers keep the identity of `setTimeout`
  }
}

/** Runs a program with fake timers, and puts the real ones back, however it ends. */
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

/** Runs programs one after another and reports them as a runtime reports the contract. */
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
