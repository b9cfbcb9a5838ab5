/**
 * A scope or a signal where options with a `parent` belong, with the error that says so. If it were ignored, nothing would be cancelled.
 *
 * @param scope - A `CancelScope`.
 */
export function mistakenOptions(scope: object): readonly (readonly [what: string, options: never, message: string])[] {
  const { signal } = new AbortController();
  return [
    ["a CancelScope", scope, "The options are a CancelScope: pass it as { parent: … }."],
    ["an AbortSignal", signal, "The options are an AbortSignal: pass it as { parent: … }."],
    ["{ scope }", { scope }, 'There is no option "scope": pass it as { parent: scope }.'],
    ["{ signal }", { signal }, 'There is no option "signal": pass it as { parent: signal }.'],
    ["what owns a scope", { scope, name: undefined }, 'There is no option "scope": pass it as { parent: scope }.'],
  ] as never;
}
