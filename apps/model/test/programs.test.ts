import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numbered } from "../src/numbered.js";
import { type Block, blocksOf, completes, type Kind, type Program, statementsOf } from "../src/program.js";
import { programs } from "../src/programs.js";
import { rawBlocks } from "../src/raw.js";

const seed = 1;

describe("programs", () => {
  it("numbers statements in order of appearance", () => {
    fc.assert(
      fc.property(programs(), ({ body }) => {
        const ids = [...statementsOf(body)].map(({ id }) => id);
        expect(ids).toEqual(ids.map((_, index) => index + 1));
      }),
      { seed },
    );
  });

  it("refers only to existing statements: owners and limits around, tasks and supervisors before", () => {
    fc.assert(
      fc.property(programs(), (program) => {
        for (const problem of danglingReferences(program)) expect.fail(problem);
      }),
      { seed },
    );
  });

  it("has nothing after a statement that never completes", () => {
    fc.assert(
      fc.property(programs(), ({ body }) => {
        for (const block of blocksIn(body)) expect(block.slice(0, -1).every(completes)).toBe(true);
      }),
      { seed },
    );
  });

  it("is plain data", () => {
    fc.assert(
      fc.property(programs(), (program) => {
        expect(JSON.parse(JSON.stringify(program))).toEqual(program);
      }),
      { seed },
    );
  });
});

describe("numbered", () => {
  it("cancels only tasks with onlyTasks, and does not change the rest", () => {
    const weights = new Map<Kind, number>([
      ["cancel", 4],
      ["spawn", 4],
      ["group", 4],
      ["attempt", 1],
      ["sleep", 1],
    ]);
    const raw = rawBlocks({
      weights,
      atTop: weights,
      inCleanup: weights,
      times: fc.integer({ min: 1, max: 9 }),
      depth: 3,
      length: 4,
    });
    let cancels = 0;
    fc.assert(
      fc.property(raw, (block) => {
        const all = [...statementsOf(numbered(block, { onlyTasks: true }).body)];
        for (const statement of all) {
          if (statement.do === "group") expect(statement.limit).toBeNull();
          if (statement.do === "attempt") expect(statement.everything).toBe(false);
          if (statement.do === "sleep") expect(statement.signal).toBeUndefined();
          if (statement.do !== "cancel") continue;
          expect(all.find(({ id }) => id === statement.target)?.do).toBe("spawn");
          cancels++;
        }
      }),
      { seed, numRuns: 300 },
    );
    expect(cancels).toBeGreaterThan(100);
  });
});

function* blocksIn(block: Block): Generator<Block> {
  yield block;
  for (const statement of block) for (const inner of blocksOf(statement)) yield* blocksIn(inner);
}

function* danglingReferences({ body }: Program): Generator<string> {
  const all = [...statementsOf(body)];
  for (const statement of all) {
    const around = all.filter((one) => one !== statement && [...statementsOf([one])].includes(statement));
    const over = all.filter(({ id }) => id < statement.id).filter((one) => !around.includes(one));
    const isIn = (among: typeof all, id: number, kinds: readonly string[]): boolean =>
      among.some((one) => one.id === id && kinds.includes(one.do));
    const text = JSON.stringify(statement);
    const hasOwner = ["spawn", "start", "limit", "idle"].includes(statement.do) && "owner" in statement;
    if (statement.do === "started" && !isIn(around, statement.task, ["start", "run"])) yield text;
    if (hasOwner && !isIn(around, statement.owner, ["group", "supervisor"])) yield text;
    if (statement.do === "await" && !isIn(over, statement.task, ["spawn"])) yield text;
    if (statement.do === "move" && !isIn(around, statement.target, ["scope", "timeout", "moveOnAfter"])) yield text;
    if (statement.do === "shutdown" && !isIn([...around, ...over], statement.supervisor, ["supervisor"])) yield text;
    if (statement.do === "cancel" && statement.target !== 0 && !all.some(({ id }) => id === statement.target))
      yield text;
  }
}
