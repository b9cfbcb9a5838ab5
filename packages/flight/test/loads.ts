import type { CancelScope } from "../src/index.js";

interface Pending {
  readonly key: unknown;
  readonly scope: CancelScope;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A function for flights that the test ends by hand. */
export class Loads<K = string> {
  /** The keys for which the function was called, in order. */
  readonly keys: K[] = [];
  readonly #pending: Pending[] = [];
  readonly #scopes = new Map<unknown, CancelScope>();

  readonly fn = (key: K, scope: CancelScope): Promise<never> => {
    this.keys.push(key);
    this.#scopes.set(key, scope);
    return new Promise((resolve, reject) => {
      this.#pending.push({ key, scope, resolve, reject });
    });
  };

  /** The scope of the latest flight for a key. */
  scope(key: K): CancelScope {
    return this.#scopes.get(key)!;
  }

  isPending(key: K): boolean {
    return this.#pending.some((one) => Object.is(one.key, key));
  }

  end(key: K, value: unknown): void {
    this.#take(key).resolve(value as never);
  }

  fail(key: K, error: unknown): void {
    this.#take(key).reject(error);
  }

  #take(key: K): Pending {
    const index = this.#pending.findIndex((one) => Object.is(one.key, key));
    if (index < 0) throw new Error(`expected a pending flight of ${String(key)}`);
    return this.#pending.splice(index, 1)[0]!;
  }
}
