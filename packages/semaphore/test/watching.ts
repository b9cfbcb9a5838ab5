import { CancelScope, type Clock } from "../src/index.js";

/** The error with which a promise is rejected. */
export function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (value) => Promise.reject(new Error(`expected an error, got ${String(value)}`)),
    (error: unknown) => error as Error,
  );
}

/** Work that a test ends by hand. */
export class Works {
  /** The names of the works that have begun, in order. */
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  /** A function that begins the work. */
  readonly of = (name: string): (() => Promise<string>) => {
    return () => {
      this.begun.push(name);
      return new Promise((resolve) =>
        this.#ends.set(name, () => {
          resolve(name);
        }),
      );
    };
  };

  end(name: string): void {
    const end = this.#ends.get(name);
    if (end === undefined) throw new Error(`expected ${name} to have begun`);
    end();
  }
}

/** Promises whose ends are recorded, by name: "a" for a value, "a: message" for an error. */
export class Ends {
  readonly list: string[] = [];

  note(name: string, promise: Promise<unknown>): void {
    void promise.then(
      () => this.list.push(name),
      (error: unknown) => this.list.push(`${name}: ${(error as Error).message}`),
    );
  }
}

/** A scope that is already closed. */
export function closedScope(): CancelScope {
  const scope = new CancelScope();
  scope.close();
  return scope;
}

/** A clock that stands still. A test replaces its members with hostile ones. */
export class BrokenClock implements Clock {
  time = 0;
  /** How many timers are set. */
  timers = 0;
  now: () => number = () => this.time;
  setTimer: (callback: () => void, delay: number) => unknown = () => ++this.timers;
  clearTimer: (timer: unknown) => void = () => {
    this.timers--;
  };
}
