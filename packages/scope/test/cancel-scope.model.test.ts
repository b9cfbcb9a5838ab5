import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModelTree, type Operation, RealTree } from "./scope-model.js";
import { uncaughtDuring } from "./uncaught.js";

const index = fc.nat({ max: 30 });
const deadline = fc.integer({ min: -1, max: 6 });

function of<Name extends Operation["do"], Rest>(
  name: Name,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
): fc.Arbitrary<{ readonly do: Name } & Rest> {
  return fc.record({ do: fc.constant(name), ...rest }) as unknown as fc.Arbitrary<{ readonly do: Name } & Rest>;
}

const create = of("create", {
  parent: fc.option(index, { nil: undefined, freq: 10 }),
  shield: fc.nat({ max: 5 }).map((number) => number === 0),
  deadline: fc.option(deadline, { nil: undefined, freq: 1 }),
});
const cancel = of("cancel", { scope: index });
const close = of("close", { scope: index });
const move = of("move", { scope: index, deadline });
const dispose = of("dispose", { listener: index });
const sleep = of("sleep", { scope: index, ms: deadline });
const compute = of("compute", { ms: fc.nat({ max: 6 }) });
const turn = of("turn", {});

/** Sequences in which most operations create scopes, so that the trees grow. */
function sequences(then: fc.Arbitrary<Operation | undefined>): fc.Arbitrary<Operation[]> {
  const listen = of("listen", { scope: index, then });
  return fc.array(
    fc.oneof(create, create, create, listen, listen, cancel, close, move, dispose, sleep, compute, turn),
    {
      maxLength: 60,
      size: "max",
    },
  );
}

/** Applies the operations to both trees, and compares them after each one. Returns how many listeners threw. */
function compare(operations: readonly Operation[], salt: number): number {
  const [real, model] = [new RealTree(salt), new ModelTree(salt)];
  for (const operation of operations) {
    real.apply(operation);
    model.apply(operation);
    expect(real.states()).toEqual(model.states());
    expect(real.log).toEqual(model.log);
    expect(real.armed).toBe(model.armed);
  }
  // A link that is left would keep a parent from being closed. No timer is left either.
  for (const scope of real.scopes.reverse()) scope.close();
  expect(real.clock.armed).toBe(0);
  return model.thrown;
}

describe("a random tree", () => {
  it("a random tree matches the model after any operations, with many equal deadlines (S1, S2, S9, S10, S11, S12, S16, C1)", () => {
    fc.assert(
      fc.property(sequences(fc.constant(undefined)), (operations) => {
        compare(operations, 0);
      }),
      { numRuns: 500 },
    );
  });

  it("a random tree matches the model and calls listeners in the same order, even if they change the tree or throw (S2, S3, S4, S6)", async () => {
    const acting = fc.oneof(create, cancel, cancel, close, close, move, dispose, of("throw", {}));
    const listening = of("listen", { scope: index, then: fc.option(acting, { nil: undefined }) });
    const then = fc.option(fc.oneof({ weight: 4, arbitrary: acting }, { weight: 1, arbitrary: listening }), {
      nil: undefined,
    });
    let thrown = 0;
    const uncaught = await uncaughtDuring(() =>
      fc.assert(
        fc.property(sequences(then), (operations) => {
          thrown += compare(operations, 1e-6);
        }),
        { numRuns: 500 },
      ),
    );
    expect(thrown).toBeGreaterThan(0);
    expect(uncaught).toEqual(Array(thrown).fill(new Error("thrown by a listener")));
  });
});
