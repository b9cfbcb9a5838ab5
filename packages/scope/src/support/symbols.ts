/// <reference lib="esnext.disposable" preserve="true" />

/** `Symbol.dispose`, or what down-levelled code agrees to use where the platform has none (`vm` contexts, older browsers). */
export const dispose: typeof Symbol.dispose =
  (Symbol as Partial<SymbolConstructor>).dispose ?? registered("Symbol.dispose");

/** `Symbol.asyncDispose`, or what down-levelled code agrees to use where the platform has none. */
export const asyncDispose: typeof Symbol.asyncDispose =
  (Symbol as Partial<SymbolConstructor>).asyncDispose ?? registered("Symbol.asyncDispose");

/** What Node's `console.log` asks for. */
export const inspect: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/** Adds a method under one of these symbols, which a class body cannot name on every platform. */
export function addMethod<T>(constructor: { readonly prototype: T }, key: symbol, method: (this: T) => unknown): void {
  Object.defineProperty(constructor.prototype, key, { value: method, writable: true, configurable: true });
}

function registered(name: string): never {
  return Symbol.for(name) as never;
}
