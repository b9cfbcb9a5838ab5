/** Calls a function when a key was collected whose value was not deleted before. On platforms without `FinalizationRegistry` it does nothing. */
export class Forgotten<V extends WeakKey> {
  readonly #registry: FinalizationRegistry<V> | undefined;

  constructor(onForgotten: (value: V) => void) {
    const { FinalizationRegistry: Registry } = globalThis as { FinalizationRegistry?: typeof FinalizationRegistry };
    this.#registry = Registry === undefined ? undefined : new Registry(onForgotten);
  }

  /** Watches a key. The value must not refer to it. */
  add(key: WeakKey, value: V): void {
    this.#registry?.register(key, value, value);
  }

  delete(value: V): void {
    this.#registry?.unregister(value);
  }
}
