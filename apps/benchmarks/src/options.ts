import { parseArgs } from "node:util";
import { contestants, foreigners } from "./contestants.js";
import { clockNames, type ClockName } from "./figure.js";
import { findNode } from "./node-versions.js";
import type { Plan } from "./runner.js";
import { scenarios } from "./scenarios.js";

/** With fewer rounds a run is not published. */
const ENOUGH_ROUNDS = 5;

export const usage: string =
  "Usage: pnpm bench [options]\n" +
  `
  --only A,B               these scenarios
  --cases wide,1000-none   these cases: by name, or all whose name contains it
  --contestants a,b        these contestants, and the floor
  --rounds 5               how many rounds
  --node 24                the Node to measure with: a path, or a version that pnpm conformance has installed
  --clock wall             the clock by which goals are judged: wall, thread or process; the latter two are for a busy machine
  --warm-up, --measured    milliseconds of a process before and while it is measured
  --list                   prints the names of scenarios, cases and contestants

A run of everything, in ${ENOUGH_ROUNDS} rounds or more, is written to results/ and to the README.`;

/** What the command line asks for. */
export interface Options {
  readonly action: "run" | "list" | "help";
  readonly plan: Omit<Plan, "ready">;
  /** Whether everything is measured, as it should be for publication. */
  readonly complete: boolean;
}

/** @throws {Error} If the command line names something that does not exist. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      cases: { type: "string" },
      contestants: { type: "string" },
      rounds: { type: "string", default: "5" },
      node: { type: "string", default: process.execPath },
      clock: { type: "string", default: "wall" },
      "warm-up": { type: "string", default: "120" },
      measured: { type: "string", default: "45" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const allCases = scenarios.flatMap(({ cases }) => cases.map(({ id }) => id));
  const everybody = Object.keys({ ...contestants, ...foreigners });
  const only = names(values.only, "scenario", (name) => scenarios.some(({ id }) => id === name));
  const cases = names(values.cases, "part of a case's name", (name) => allCases.some((id) => id.includes(name)));
  const chosen = names(values.contestants, "contestant", (name) => everybody.includes(name));
  const rounds = number(values.rounds, "rounds");
  const [clock] = names(values.clock, "clock", (name) => clockNames.some((known) => known === name)) as [ClockName];
  return {
    action: values.help ? "help" : values.list ? "list" : "run",
    plan: {
      scenarios: scenarios.filter(({ id }) => only?.includes(id) ?? true),
      cases: ({ id }) => cases?.some((part) => (allCases.includes(part) ? id === part : id.includes(part))) ?? true,
      contestants: (name) => chosen?.includes(name) ?? true,
      rounds,
      node: findNode(values.node),
      clock,
      effort: {
        warmUp: number(values["warm-up"], "milliseconds"),
        measured: number(values.measured, "milliseconds"),
        atMost: 250,
      },
    },
    complete:
      [only, cases, chosen].every((filter) => filter === undefined) && rounds >= ENOUGH_ROUNDS && clock === "wall",
  };
}

function names(list: string | undefined, kind: string, isKnown: (name: string) => boolean): string[] | undefined {
  const all = list?.split(",");
  const unknown = all?.find((name) => !isKnown(name));
  if (unknown !== undefined) throw new Error(`expected a ${kind}, got ${unknown}: see --list`);
  return all;
}

function number(text: string, what: string): number {
  const value = Number(text);
  if (!(value >= 1)) throw new Error(`expected a number of ${what}, got ${text}`);
  return value;
}
