import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, blocksOf, completes, type Program, statementsOf } from "../src/program.js";
import { programs } from "../src/programs.js";

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

  it("refers to what there is: owners and limits around, tasks and supervisors before", () => {
    fc.assert(
      fc.property(programs(), (program) => {
        for (const problem of danglingReferences(program)) expect.fail(problem);
      }),
      { seed },
    );
  });

  it("has nothing after what never completes", () => {
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

  it("leaves out what asyncio cannot express", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(programs({ asyncio: true }), ({ body }) => {
        for (const statement of statementsOf(body)) {
          kinds.add(statement.do);
          if (statement.do === "group") expect(statement.limit).toBeNull();
          if (statement.do === "attempt") expect(statement.everything).toBe(false);
          if (statement.do !== "cancel") continue;
          const target = [...statementsOf(body)].find(({ id }) => id === statement.target);
          expect(target?.do).toBe("spawn");
        }
      }),
      { seed, numRuns: 300 },
    );
    expect([...kinds].sort()).toEqual(
      [
        ...["attempt", "await", "cancel", "fail", "group", "moveOnAfter"],
        ...["return", "sleep", "spawn", "timeout", "try", "work"],
      ].sort(),
    );
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
    if (statement.do === "spawn" && !isIn(around, statement.owner, ["group", "supervisor"])) yield text;
    if (statement.do === "await" && !isIn(over, statement.task, ["spawn"])) yield text;
    if (statement.do === "move" && !isIn(around, statement.target, ["scope", "timeout", "moveOnAfter"])) yield text;
    if (statement.do === "shutdown" && !isIn([...around, ...over], statement.supervisor, ["supervisor"])) yield text;
    if (statement.do === "cancel" && statement.target !== 0 && !all.some(({ id }) => id === statement.target))
      yield text;
  }
}
