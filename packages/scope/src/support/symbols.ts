/// <reference lib="esnext.disposable" preserve="true" />

/** `Symbol.dispose`, or on platforms without it (`vm` contexts, older browsers) the symbol that compiled code uses in its place. */
export const dispose: typeof Symbol.dispose =
  (Symbol as Partial<SymbolConstructor>).dispose ?? registered("Symbol.dispose");

/** `Symbol.asyncDispose`, or on platforms without it the symbol that compiled code uses in its place. */
export const asyncDispose: typeof Symbol.asyncDispose =
  (Symbol as Partial<SymbolConstructor>).asyncDispose ?? registered("Symbol.asyncDispose");

/** The method that Node's `console.log` calls. */
export const inspect: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/** Adds a method under one of these symbols. A class body cannot declare it, because the symbol differs by platform. */
export function addMethod<T>(constructor: { readonly prototype: T }, key: symbol, method: (this: T) => unknown): void {
  Object.defineProperty(constructor.prototype, key, { value: method, writable: true, configurable: true });
}

function registered(name: string): never {
  return Symbol.for(name) as never;
}
