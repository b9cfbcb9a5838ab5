import { inspect } from "node:util";
import { except, ExceptionGroup, type ErrorClass, on, split, subgroup } from "@selvage/exception-group";
import type {
  ClassName,
  ConditionCase,
  ErrorCase,
  ErrorResult,
  Handled,
  HandleCase,
  Halves,
  SplitCase,
  Then,
} from "./group-cases.js";

class A extends Error {}
class B extends A {}
class C extends Error {}

const classes: Readonly<Record<ClassName, ErrorClass>> = { Any: Error, A, B, C };
const leafClasses = { A, B, C };

/** A group of a subclass, whose halves are of the same subclass. */
class Marked extends ExceptionGroup {
  override derive(errors: Iterable<unknown>): Marked {
    return new Marked(this.message, errors);
  }
}

/** Splits a group by a case: the counterpart of `split` in python/oracle/groups.py. */
export function splitOnSelvage({ error, condition }: SplitCase): Halves {
  const errors = new Errors();
  const group = errors.make(error);
  const [match, rest] = split(group, conditionOf(condition, errors));
  return {
    match: errors.describe(match),
    rest: errors.describe(rest),
    subgroup: errors.describe(subgroup(group, conditionOf(condition, errors))),
  };
}

/** Handles an error by a case: the counterpart of `handle`. */
export function handleOnSelvage({ error, clauses }: HandleCase): Handled {
  const errors = new Errors();
  const caught: (ErrorResult | null)[] = clauses.map(() => null);
  const handlers = clauses.map(({ classes: names, then }, number) =>
    on(
      names.map((name) => classes[name]),
      (group) => {
        caught[number] = errors.describe(group);
        act(then, group, errors);
      },
    ),
  );
  let thrown: ErrorResult | null = null;
  try {
    except(errors.make(error), ...handlers);
  } catch (left) {
    thrown = errors.describe(left);
  }
  return { caught, thrown };
}

function act(then: Then, group: ExceptionGroup, errors: Errors): void {
  switch (then.do) {
    case "swallow":
      return;
    case "reraise":
      throw group;
    case "raise":
      throw errors.make(then.error);
    case "raise member":
      throw group.errors[0];
    case "raise part": {
      const part = subgroup(group, classes[then.class]);
      if (part !== null) throw part;
    }
  }
}

function conditionOf(
  condition: ConditionCase,
  errors: Errors,
): ErrorClass | readonly ErrorClass[] | ((error: unknown) => boolean) {
  if ("ids" in condition) return (error) => condition.ids.includes(errors.idOf(error) ?? 0);
  const [first, ...others] = condition.classes.map((name) => classes[name]);
  return others.length === 0 ? first! : [first!, ...others];
}

/** The errors of one case, by their ids. */
class Errors {
  readonly #byId = new Map<number, Error>();
  readonly #ids = new Map<unknown, number>();

  /** Makes an error from its description; a leaf that occurs twice is one object. */
  make(error: ErrorCase): Error {
    const { id } = error;
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const made = "members" in error ? this.#group(error) : new leafClasses[error.class](`error ${id}`);
    this.#byId.set(id, made);
    this.#ids.set(made, id);
    return made;
  }

  idOf(error: unknown): number | undefined {
    return this.#ids.get(error);
  }

  describe(error: unknown): ErrorResult | null {
    if (error === null) return null;
    const id = this.#ids.get(error);
    if (!(error instanceof ExceptionGroup)) return id === undefined ? { text: inspect(error) } : { id };
    return {
      message: error.message,
      same: id !== undefined,
      marked: error instanceof Marked,
      cause: error.cause === undefined ? null : (error.cause as Error).message,
      members: error.errors.map((member) => this.describe(member)!),
    };
  }

  #group({ id, marked, cause, members }: Extract<ErrorCase, { members: unknown }>): ExceptionGroup {
    const Group = marked ? Marked : ExceptionGroup;
    const errors = members.map((member) => this.make(member));
    return new Group(`group ${id}`, errors, cause ? { cause: new Error(`cause ${id}`) } : {});
  }
}
