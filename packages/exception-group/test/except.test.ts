import { expectTypeOf } from "expect-type";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Clause, except, exceptAsync, ExceptionGroup, leaves, on } from "../src/index.js";
import { CodedGroup, deepGroup, outline, rejectionOf, suppressedError, thrownBy } from "./outline.js";
import { randomGroup } from "./random-group.js";
import { withoutStacks } from "./without-stacks.js";

const [t1, t2, r1, r2, s1] = [
  new TypeError("t1"),
  new TypeError("t2"),
  new RangeError("r1"),
  new RangeError("r2"),
  new SyntaxError("s1"),
];

/** A group of every kind of error, nested. */
function mixed(): ExceptionGroup {
  return new ExceptionGroup("g", [t1, r1, new ExceptionGroup("h", [r2, t2, s1])]);
}

function ignore(): void {}

function rethrow(group: unknown): never {
  throw group;
}

/** A handler that keeps the groups that it was given. */
function keep(into: unknown[]): (group: ExceptionGroup) => void {
  return (group) => void into.push(group);
}

describe("except", () => {
  it("except gives each handler one group of everything that its clause matched, with its nesting (E4)", () => {
    const given: unknown[] = [];
    except(mixed(), on(TypeError, keep(given)), on([RangeError, SyntaxError], keep(given)));
    expect(given.map(outline)).toEqual(["g(t1, h(t2))", "g(r1, h(r2, s1))"]);
    expect(given[0]).toBeInstanceOf(ExceptionGroup);
  });

  it("except throws nothing if everything was handled (E4)", () => {
    expect(() => except(mixed(), on(Error, ignore))).not.toThrow();
    expectTypeOf(except).returns.toBeVoid();
  });

  it("except throws what no clause matched, with its nesting (E4)", () => {
    expect(outline(thrownBy(() => except(mixed(), on(TypeError, ignore))))).toBe("g(r1, h(r2, s1))");
    expect(outline(thrownBy(() => except(mixed(), on(SyntaxError, ignore), on(RangeError, ignore))))).toBe(
      "g(t1, h(t2))",
    );
  });

  it("except throws the error itself if no clause matched, or without clauses (E4)", () => {
    const group = mixed();
    expect(thrownBy(() => except(group, on(EvalError, ignore)))).toBe(group);
    expect(thrownBy(() => except(group))).toBe(group);
    const foreign = new AggregateError([t1]);
    expect(thrownBy(() => except(foreign, on(RangeError, ignore)))).toBe(foreign);
  });

  it("except removes emptied groups from the rest, and keeps groups of one (E4)", () => {
    const group = new ExceptionGroup("g", [
      new ExceptionGroup("i", [r1]),
      new ExceptionGroup("j", [r2, t1]),
      new ExceptionGroup("k", [t2]),
    ]);
    expect(outline(thrownBy(() => except(group, on(TypeError, ignore))))).toBe("g(i(r1), j(r2))");
    expect(outline(thrownBy(() => except(group, on(RangeError, ignore))))).toBe("g(j(t1), k(t2))");
  });

  it("except gives each leaf to the first clause that matches it, in order (E4)", () => {
    const given: string[] = [];
    except(
      mixed(),
      on(TypeError, (group) => given.push(`first ${outline(group)}`)),
      on([TypeError, RangeError], (group) => given.push(`second ${outline(group)}`)),
      on(Error, (group) => given.push(`third ${outline(group)}`)),
      on(Error, (group) => given.push(`fourth ${outline(group)}`)),
    );
    expect(given).toEqual(["first g(t1, h(t2))", "second g(r1, h(r2))", "third g(h(s1))"]);
  });

  it("except matches by the superclass (E4)", () => {
    class Missing extends RangeError {}
    const given: unknown[] = [];
    const group = new ExceptionGroup("g", [new Missing("m"), t1]);
    except(group, on(RangeError, keep(given)), on(Missing, keep(given)), on(TypeError, ignore));
    expect(given.map(outline)).toEqual(["g(m)"]);
  });

  it("except gives the group itself to a handler whose clause matches it (E4)", () => {
    const group = mixed();
    const given: unknown[] = [];
    except(group, on(Error, keep(given)));
    expect(given[0]).toBe(group);
  });

  it("except tests a clause's predicate on what earlier clauses left (E4)", () => {
    const asked: string[] = [];
    except(
      mixed(),
      on([TypeError, RangeError], ignore),
      on((error) => {
        asked.push(outline(error));
        return error === s1;
      }, ignore),
    );
    expect(asked).toEqual(["g(h(s1))", "h(s1)", "s1"]);
  });

  it("except tests a clause only after the handlers before it ran (E4)", () => {
    const log: string[] = [];
    except(
      mixed(),
      on(TypeError, () => log.push("handled")),
      on((error) => {
        log.push("asked");
        return error instanceof Error;
      }, ignore),
    );
    expect(log).toEqual(["handled", "asked"]);
  });

  it("except handles a bare error as a group of one (E4)", () => {
    const given: ExceptionGroup[] = [];
    except(t1, on(RangeError, ignore), on(TypeError, keep(given)), on(Error, keep(given)));
    except(
      "text",
      on((error) => error === "text", keep(given)),
    );
    expect(given.map((group) => group instanceof ExceptionGroup)).toEqual([true, true]);
    expect(given.map((group) => group.errors)).toEqual([[t1], ["text"]]);
  });

  it.each([[t1], ["text"], [undefined], [null], [0], [new AggregateError([])]])(
    "except throws a bare error bare if no clause matches it: %o (E4)",
    (error) => {
      const thrown: unknown[] = [];
      try {
        except(error, on(RangeError, ignore));
      } catch (caught) {
        thrown.push(caught);
      }
      expect(thrown.length).toBe(1);
      expect(thrown[0]).toBe(error);
    },
  );

  it("except gives handlers ExceptionGroups of any AggregateError or SuppressedError (E2)", () => {
    const given: ExceptionGroup[] = [];
    except(new AggregateError([t1, r1], "foreign"), on(TypeError, keep(given)), on(RangeError, keep(given)));
    except(new AggregateError([t2], "whole", { cause: s1 }), on(Error, keep(given)));
    except(suppressedError(t1, r1), on(Error, keep(given)));
    expect(given.every((group) => group instanceof ExceptionGroup)).toBe(true);
    expect(given.map(outline)).toEqual([
      "foreign(t1)",
      "foreign(r1)",
      "whole(t2)",
      "An error was suppressed during disposal.(t1, r1)",
    ]);
    expect(given[2]?.cause).toBe(s1);
  });

  it("except can be used in a handler, and repeatedly (E4)", () => {
    const log: string[] = [];
    const clause = on(TypeError, (group) => {
      log.push(outline(group));
      except(
        new ExceptionGroup("n", [r1]),
        on(RangeError, (inner) => log.push(outline(inner))),
      );
    });
    for (const message of ["a", "b"]) except(new ExceptionGroup(message, [t1]), clause);
    expect(log).toEqual(["a(t1)", "n(r1)", "b(t1)", "n(r1)"]);
  });

  it("except distinguishes errors by identity, whatever their properties (E4)", () => {
    class Same extends Error {
      equals(): boolean {
        return true;
      }
      [Symbol.toPrimitive](): number {
        return 0;
      }
    }
    const [a, b] = [new Same("a"), new Same("b")];
    const left = thrownBy(() =>
      except(
        new ExceptionGroup("g", [a, b]),
        on((error) => error === a, ignore),
      ),
    );
    expect((left as ExceptionGroup).errors).toEqual([b]);
  });

  it("except runs later clauses after a handler that throws (E5)", () => {
    const given: unknown[] = [];
    expect(() => except(mixed(), on(TypeError, rethrow), on(RangeError, keep(given)))).toThrow();
    expect(given.map(outline)).toEqual(["g(r1, h(r2))"]);
  });

  it("except merges what handlers rethrow back into the rest, in the original shape (E5)", () => {
    expect(outline(thrownBy(() => except(mixed(), on(TypeError, rethrow), on(RangeError, ignore))))).toBe(
      "g(t1, h(t2, s1))",
    );
    expect(
      outline(thrownBy(() => except(mixed(), on([TypeError, SyntaxError], rethrow), on(RangeError, ignore)))),
    ).toBe("g(t1, h(t2, s1))");
    expect(outline(thrownBy(() => except(mixed(), on(Error, rethrow))))).toBe(outline(mixed()));
    expect(outline(thrownBy(() => except(mixed(), on(TypeError, rethrow), on(RangeError, rethrow))))).toBe(
      outline(mixed()),
    );
  });

  it("except merges by position, also if one error is in the group twice (E5)", () => {
    const group = new ExceptionGroup("g", [t1, r1, t1, new ExceptionGroup("h", [t1])]);
    const every = (n: number): ((error: unknown) => boolean) => {
      let asked = 0;
      return (error) => error === t1 && ++asked === n;
    };
    // The second t1 is handled; the third is handled after the first was put back.
    const left = thrownBy(() => except(group, on(every(2), ignore), on(every(1), rethrow), on(every(1), ignore)));
    expect(outline(left)).toBe("g(t1, r1)");
  });

  it("except puts back only the very group that the handler was given (E5)", () => {
    const groups: ExceptionGroup[] = [];
    const left = thrownBy(() =>
      except(
        mixed(),
        on(TypeError, (group) => {
          throw group.derive(group.errors);
        }),
        on(RangeError, (group) => {
          groups.push(group);
        }),
        on(SyntaxError, () => {
          throw groups[0]!;
        }),
      ),
    );
    expect(outline(left)).toBe("errors while handling a group(g(t1, h(t2)), g(r1, h(r2)))");
  });

  it("except collects new errors after the rest, in one group (E5)", () => {
    const left = thrownBy(() =>
      except(
        mixed(),
        on(TypeError, () => {
          throw new Error("first");
        }),
        on(RangeError, () => {
          throw new Error("second");
        }),
      ),
    );
    expect(left).toBeInstanceOf(ExceptionGroup);
    expect(outline(left)).toBe("errors while handling a group(g(h(s1)), first, second)");
  });

  it("except collects new errors alone if nothing is left (E5)", () => {
    const fail = on(TypeError, () => {
      throw new Error("first");
    });
    const left = thrownBy(() =>
      except(
        mixed(),
        fail,
        on(Error, () => {
          rethrow("second");
        }),
      ),
    );
    expect(outline(left)).toBe("errors while handling a group(first, second)");
  });

  it("except throws a single new error as itself if there is no rest, with its own cause (E5)", () => {
    const left = thrownBy(() =>
      except(
        mixed(),
        on(Error, (group) => {
          throw new SyntaxError("new", { cause: group });
        }),
      ),
    );
    expect(left).toBeInstanceOf(SyntaxError);
    expect(outline((left as Error).cause)).toBe(outline(mixed()));
    expect(
      thrownBy(() =>
        except(
          t1,
          on(TypeError, () => rethrow("text")),
        ),
      ),
    ).toBe("text");
  });

  it("except collects a single new error with the rest (E5)", () => {
    const left = thrownBy(() =>
      except(
        mixed(),
        on(TypeError, () => rethrow("text")),
        on(RangeError, rethrow),
      ),
    );
    expect(outline(left)).toBe("errors while handling a group(g(r1, h(r2, s1)), text)");
  });

  it("except throws the bare error if the handler throws the group made for it (E5)", () => {
    expect(thrownBy(() => except(t1, on(TypeError, rethrow)))).toBe(t1);
    expect(
      thrownBy(() =>
        except(
          "text",
          on((error) => error === "text", rethrow),
        ),
      ),
    ).toBe("text");
  });

  it("except puts a group back that was matched whole (E5)", () => {
    const foreign = new AggregateError([t1, r1], "foreign");
    expect(thrownBy(() => except(foreign, on(Error, rethrow)))).toBe(foreign);
    const inner = new ExceptionGroup("h", [t1, r1]);
    const group = new ExceptionGroup("g", [inner, t2, s1]);
    const left = thrownBy(() =>
      except(
        group,
        on((error) => error === inner, rethrow),
        on(TypeError, ignore),
      ),
    );
    expect(outline(left)).toBe("g(h(t1, r1), s1)");
  });

  it("except keeps subclasses with a derive, at every level, in handlers and in the rest (E3)", () => {
    const group = new CodedGroup("g", [r1, new CodedGroup("h", [t1, r2], 101)], 42);
    const given: ExceptionGroup[] = [];
    const left = thrownBy(() => except(group, on(TypeError, keep(given)))) as ExceptionGroup;
    expect([left, left.errors[1], given[0], given[0]?.errors[0]].map((half) => (half as CodedGroup).code)).toEqual([
      42, 101, 42, 101,
    ]);
  });

  it("except treats a predicate that throws as a clause that failed and matched nothing (E5)", () => {
    const left = thrownBy(() =>
      except(
        mixed(),
        on(() => rethrow("broken"), ignore),
        on(TypeError, ignore),
      ),
    );
    expect(outline(left)).toBe("errors while handling a group(g(r1, h(r2, s1)), broken)");
    const naked = thrownBy(() =>
      except(
        t1,
        on(() => rethrow("broken"), ignore),
      ),
    );
    expect(outline(naked)).toBe("errors while handling a group(t1, broken)");
  });

  it("except loses nothing if a derive returns a value that is not a group (E3)", () => {
    class Broken extends ExceptionGroup {
      override derive(): ExceptionGroup {
        return undefined as unknown as ExceptionGroup;
      }
    }
    const group = new Broken("g", [t1, r1]);
    const left = thrownBy(() => except(group, on(TypeError, ignore))) as ExceptionGroup;
    expect(left.errors[0]).toBe(group);
    expect(left.errors[1]).toBeInstanceOf(TypeError);
  });

  it("except throws all errors again if a derive fails on the rest (E3)", () => {
    class BrokenForOne extends ExceptionGroup {
      override derive(errors: Iterable<unknown>): ExceptionGroup {
        const members = [...errors];
        return members.length === 2 ? super.derive(members) : (undefined as unknown as ExceptionGroup);
      }
    }
    const group = new BrokenForOne("g", [t1, t2, r1, r2, s1, s1, s1]);
    const clauses = [on(TypeError, ignore), on(RangeError, ignore)];
    const left = thrownBy(() => except(group, ...clauses)) as ExceptionGroup;
    expect([...leaves(left)]).toEqual(expect.arrayContaining([s1]));
    expect(left.errors.at(-1)).toBeInstanceOf(TypeError);
  });

  it("except loses nothing if a derive drops errors (E4)", () => {
    class Lossy extends ExceptionGroup {
      override derive(errors: Iterable<unknown>): ExceptionGroup {
        return new Lossy(this.message, [...errors].slice(0, 1));
      }
    }
    const given: unknown[] = [];
    except(new Lossy("g", [t1, t2, r1, r2]), on(TypeError, keep(given)), on(RangeError, keep(given)));
    expect(given.map(outline)).toEqual(["g(t1)", "g(r1)"]);
  });

  it("except reads the group before the first handler runs, which may change it (E4)", () => {
    const group = new AggregateError([t1, r1], "g");
    const left = thrownBy(() =>
      except(
        group,
        on(TypeError, () => {
          group.errors.length = 0;
        }),
      ),
    );
    expect(outline(left)).toBe("g(r1)");
  });

  it("except refuses a handler that returns a promise, and loses nothing (E5)", async () => {
    const clause = on(TypeError, async () => {}) as unknown as Clause<false>;
    const left = thrownBy(() => except(mixed(), clause)) as ExceptionGroup;
    expect(outline(left.errors[0])).toBe("g(r1, h(r2, s1))");
    expect(left.errors[1]).toBeInstanceOf(TypeError);
    expect((left.errors[1] as Error).message).toMatch(/returns a promise; use exceptAsync/);
    expect(outline((left.errors[1] as Error).cause)).toBe("g(t1, h(t2))");
  });

  it.each([[undefined], [null], [() => {}], [{}], [TypeError], ["clause"]])(
    "except refuses a clause that was not made by on: %o (E4)",
    (clause) => {
      const handled: unknown[] = [];
      const error = thrownBy(() => except(t1, on(TypeError, keep(handled)), clause as Clause<false>));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/expected clauses made by on\(condition, handler\), got/);
      expect((error as Error).cause).toBe(t1);
      expect(handled).toEqual([]);
    },
  );

  it("except handles a group that contains itself once (E4)", () => {
    const cyclic = new AggregateError([t1, r1], "g");
    cyclic.errors.push(cyclic);
    const given: unknown[] = [];
    expect(outline(thrownBy(() => except(cyclic, on(TypeError, keep(given)))))).toBe("g(r1)");
    expect(given.map(outline)).toEqual(["g(t1)"]);
  });

  it(
    "except works 100,000 deep (E3)",
    withoutStacks(() => {
      const deep = new ExceptionGroup("g", [deepGroup(t1, 100_000), r1]);
      const left = thrownBy(() => except(deep, on(RangeError, ignore), on(TypeError, rethrow)));
      expect([...leaves(left)]).toEqual([t1]);
      except(deep, on(TypeError, ignore), on(RangeError, ignore));
    }),
  );

  it("except refuses asynchronous handlers at compile time (E6)", () => {
    const clause = on(TypeError, async () => {});
    expectTypeOf(clause).toEqualTypeOf<Clause<true>>();
    // @ts-expect-error: the promise would be lost
    expect(() => except(t1, clause)).toThrow(TypeError);
    except(
      t1,
      on(TypeError, () => [1].length),
    );
    except(
      t1,
      on(TypeError, (): unknown => undefined),
    );
  });

  it("except throws what is left of any group in its shape, and handles every other leaf once (E4, E5)", () => {
    const fate = fc.constantFrom("handle", "rethrow", "fail", "none");
    fc.assert(
      fc.property(randomGroup, fate, fate, fate, (group, forType, forRange, forRest) => {
        const handled: unknown[] = [];
        const failures: Error[] = [];
        const clauses = Object.entries({ forType, forRange, forRest }).flatMap(([which, what]) => {
          if (what === "none") return [];
          return on(belongs(which), (matched) => {
            if (what === "rethrow") throw matched;
            handled.push(...leaves(matched as unknown));
            if (what === "handle") return;
            failures.push(new Error(which));
            throw failures.at(-1)!;
          });
        });
        const fates: Record<string, string> = { forType, forRange, forRest };
        const stays = (leaf: unknown): boolean => !["handle", "fail"].includes(fates[whose(leaf)]!);
        const left = outlineOf(group, stays);
        let thrown: string | undefined;
        try {
          except(group, ...clauses);
        } catch (error) {
          thrown = outline(error);
        }
        const all = [...leaves(group as unknown)];
        const expected = [...(left === null ? [] : [left]), ...failures.map(outline)];
        expect(thrown).toBe(
          expected.length > 1 ? `errors while handling a group(${expected.join(", ")})` : expected[0],
        );
        expect(handled.length).toBe(all.filter((leaf) => !stays(leaf)).length);
      }),
    );
  });
});

describe("exceptAsync", () => {
  it("exceptAsync awaits its handlers one after another (E5)", async () => {
    const log: string[] = [];
    const slowly =
      (name: string) =>
      async (group: ExceptionGroup): Promise<void> => {
        log.push(`${name} begins ${outline(group)}`);
        for (let turn = 0; turn < 5; turn++) await Promise.resolve();
        log.push(`${name} ends`);
      };
    const done = exceptAsync(
      new ExceptionGroup("g", [t1, r1]),
      on(TypeError, slowly("first")),
      on((error) => {
        log.push("second is tested");
        return error === r1;
      }, slowly("second")),
    );
    expectTypeOf(done).toEqualTypeOf<Promise<void>>();
    await done;
    expect(log).toEqual([
      "first begins g(t1)",
      "first ends",
      "second is tested",
      "second is tested",
      "second begins g(r1)",
      "second ends",
    ]);
  });

  it("exceptAsync accepts handlers that are not asynchronous (E5)", async () => {
    const given: unknown[] = [];
    await exceptAsync(t1, on(TypeError, keep(given)));
    expect(given.map(outline)).toEqual(["1 error(t1)"]);
  });

  it("exceptAsync rejects with what no clause matched (E4)", async () => {
    const rejection = await rejectionOf(
      exceptAsync(
        mixed(),
        on(TypeError, async () => {}),
      ),
    );
    expect(outline(rejection)).toBe("g(r1, h(r2, s1))");
    expect(await rejectionOf(exceptAsync("text"))).toBe("text");
  });

  it("exceptAsync merges what is rethrown, and collects what is new (E5)", async () => {
    const rejection = exceptAsync(
      mixed(),
      on(TypeError, async (group) => rethrow(group)),
      on(RangeError, async () => rethrow("new")),
      on(SyntaxError, rethrow),
    );
    expect(outline(await rejectionOf(rejection))).toBe("errors while handling a group(g(t1, h(t2, s1)), new)");
    expect(
      await rejectionOf(
        exceptAsync(
          t1,
          on(TypeError, async (group) => rethrow(group)),
        ),
      ),
    ).toBe(t1);
  });

  it("exceptAsync runs later clauses after a handler that rejects (E5)", async () => {
    const given: unknown[] = [];
    const rejection = exceptAsync(
      mixed(),
      on(TypeError, async () => rethrow("new")),
      on(Error, keep(given)),
    );
    expect(await rejectionOf(rejection)).toBe("new");
    expect(given.map(outline)).toEqual(["g(r1, h(r2, s1))"]);
  });

  it("exceptAsync refuses, at once, a clause that was not made by on (E4)", () => {
    const error = thrownBy(() => exceptAsync(t1, {}, null as unknown as Clause));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).cause).toBe(t1);
  });
});

function whose(leaf: unknown): "forType" | "forRange" | "forRest" {
  return leaf instanceof TypeError ? "forType" : leaf instanceof RangeError ? "forRange" : "forRest";
}

function belongs(clause: string): (error: unknown) => boolean {
  return (error) => !(error instanceof AggregateError) && whose(error) === clause;
}

/** A group without the leaves that do not stay; the recursive definition. */
function outlineOf(error: unknown, stays: (leaf: unknown) => boolean): string | null {
  if (!(error instanceof AggregateError)) return stays(error) ? outline(error) : null;
  const members = error.errors.map((member) => outlineOf(member, stays)).filter((member) => member !== null);
  return members.length > 0 ? `${error.message}(${members.join(", ")})` : null;
}
