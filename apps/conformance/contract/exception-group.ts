import {
  collapse,
  except,
  exceptAsync,
  ExceptionGroup,
  format,
  leaves,
  on,
  split,
  subgroup,
} from "@selvage/exception-group";
import { assert } from "chai";
import { type Check, rejection, suite, thrown } from "./harness.js";

const [a, b, c] = [new TypeError("a"), new RangeError("b"), new TypeError("c")];

function nested(): ExceptionGroup {
  return new ExceptionGroup("outer", [a, new ExceptionGroup("inner", [b, c])], { cause: "why" });
}

export const exceptionGroup: readonly Check[] = suite("@selvage/exception-group", (check) => {
  check("E2", "any AggregateError is accepted, and its halves are ExceptionGroups", () => {
    const [match, rest] = split(new AggregateError([a, b], "foreign"), TypeError);
    assert.instanceOf(match, ExceptionGroup);
    assert.deepEqual(match.errors, [a]);
    assert.deepEqual(rest?.errors, [b]);
    assert.strictEqual(match.message, "foreign");
  });

  check("E2", "the error of Promise.any is accepted", async () => {
    const error = await rejection(Promise.any([Promise.reject(a), Promise.reject(b)]));
    assert.deepEqual(subgroup(error, RangeError)?.errors, [b]);
  });

  check("E2", "the SuppressedError of a using block is a group of its two errors", async () => {
    const error = await rejection(
      (async () => {
        using _failing = {
          [Symbol.dispose]() {
            throw a;
          },
        };
        throw b;
      })(),
    );
    assert.strictEqual((error as Error).name, "SuppressedError");
    assert.deepEqual([...leaves(error)], [a, b]);
  });

  check("E2", "an aggregate without members is a leaf", () => {
    const empty = new AggregateError([]);
    assert.deepEqual([...leaves(new ExceptionGroup("one", [empty]))], [empty]);
  });

  check("E3", "split keeps nesting, order, message and cause, and loses no leaf", () => {
    const [match, rest] = split(nested(), TypeError);
    assert.strictEqual(match!.message, "outer");
    assert.strictEqual(match!.cause, "why");
    assert.strictEqual(match!.errors[0], a);
    assert.deepEqual((match!.errors[1] as ExceptionGroup).errors, [c]);
    assert.lengthOf(rest!.errors, 1);
    assert.deepEqual((rest!.errors[0] as ExceptionGroup).errors, [b]);
  });

  check("E3", "one half may be null, and a root that matches is returned itself", () => {
    const group = nested();
    assert.deepEqual(split(group, SyntaxError), [null, group]);
    assert.strictEqual(
      subgroup(group, (error) => error === group),
      group,
    );
    assert.isNull(subgroup(group, [SyntaxError, EvalError]));
  });

  check("E3", "subclasses keep their class and fields through derive", () => {
    class HttpErrors extends ExceptionGroup {
      status = 500;
      override derive(errors: Iterable<unknown>): HttpErrors {
        return Object.assign(new HttpErrors(this.message, errors), { status: this.status });
      }
    }
    const group = Object.assign(new HttpErrors("upstream", [a, b]), { status: 502 });
    const [match] = split(group, TypeError);
    assert.instanceOf(match, HttpErrors);
    assert.strictEqual((match as HttpErrors).status, 502);
  });

  check("E3", "a depth of 100,000 does not overflow the stack", () => {
    const limits = Error as { stackTraceLimit?: number };
    const { stackTraceLimit } = limits;
    limits.stackTraceLimit = 0; // 300,000 stack traces would take most of the time
    try {
      let group = new ExceptionGroup("innermost", [a, b]);
      for (let level = 0; level < 100_000; level++) group = new ExceptionGroup("level", [group]);
      const [match, rest] = split(group, TypeError);
      assert.deepEqual([...leaves(match)], [a]);
      assert.deepEqual([...leaves(rest)], [b]);
    } finally {
      if (stackTraceLimit !== undefined) limits.stackTraceLimit = stackTraceLimit;
    }
  });

  check("E4", "except hands each clause one group, and rethrows the rest with its nesting kept", () => {
    const handled: unknown[] = [];
    const rest = thrown(() =>
      except(
        nested(),
        on(TypeError, (group) => handled.push([...leaves(group)])),
        on([TypeError, SyntaxError], () => handled.push("again")),
      ),
    ) as ExceptionGroup;
    assert.deepEqual(handled, [[a, c]]);
    assert.strictEqual(rest.message, "outer");
    assert.deepEqual((rest.errors[0] as ExceptionGroup).errors, [b]);
  });

  check("E4", "a bare error is a group of one for handlers, and is rethrown bare", () => {
    let members: readonly unknown[] = [];
    except(
      a,
      on(TypeError, ({ errors }) => {
        members = errors;
      }),
    );
    assert.deepEqual(members, [a]);
    assert.strictEqual(
      thrown(() =>
        except(
          b,
          on(TypeError, () => {}),
        ),
      ),
      b,
    );
  });

  check("E5", "a handler that throws does not stop later clauses, and new errors are thrown with the rest", () => {
    const added = new Error("in a handler");
    const error = thrown(() =>
      except(
        new ExceptionGroup("all", [a, b, new SyntaxError("left")]),
        on(TypeError, () => {
          throw added;
        }),
        on(RangeError, () => {}),
      ),
    ) as ExceptionGroup;
    assert.strictEqual(error.message, "errors while handling a group");
    assert.deepEqual((error.errors[0] as ExceptionGroup).errors.map(String), ["SyntaxError: left"]);
    assert.strictEqual(error.errors[1], added);
  });

  check("E5", "a handler that rethrows its group puts the errors back in their places", () => {
    const group = nested();
    const error = thrown(() =>
      except(
        group,
        on(RangeError, () => {}),
        on(TypeError, (match) => {
          throw match;
        }),
      ),
    );
    assert.deepEqual([...leaves(error)], [a, c]);
    assert.lengthOf((error as ExceptionGroup).errors, 2);
  });

  check("E5", "exceptAsync waits for each handler", async () => {
    const steps: string[] = [];
    await exceptAsync(
      nested(),
      on(TypeError, async () => {
        await Promise.resolve();
        steps.push("types");
      }),
      on(RangeError, () => {
        steps.push("ranges");
      }),
    );
    assert.deepEqual(steps, ["types", "ranges"]);
  });

  check("E6", "a clause for groups is a TypeError", () => {
    for (const condition of [ExceptionGroup, AggregateError]) {
      assert.instanceOf(
        thrown(() => on(condition, () => {})),
        TypeError,
      );
    }
  });

  check("E7", "collapse returns the only leaf, or otherwise the error unchanged", () => {
    const group = nested();
    assert.strictEqual(collapse(new ExceptionGroup("one", [new ExceptionGroup("one", [a])])), a);
    assert.strictEqual(collapse(group), group);
    assert.strictEqual(collapse("text"), "text");
  });

  check("E7", "format prints a tree with causes, and ends at cycles", () => {
    const cyclic = new Error("cyclic");
    cyclic.cause = cyclic;
    const text = format(new ExceptionGroup("outer", [new Error("leaf", { cause: "the network" }), cyclic]), {
      color: false,
    });
    for (const part of ["ExceptionGroup: outer", "1: Error: leaf", 'cause: "the network"', "[circular]"]) {
      assert.include(text, part);
    }
    assert.notInclude(text, "\x1b");
  });
});
