/** Values that are thrown, although they are not errors, or are hostile ones. */
export const notErrors: readonly { readonly title: string; readonly value: unknown }[] = [
  { title: "undefined", value: undefined },
  { title: "null", value: null },
  { title: "a symbol", value: Symbol("s") },
  { title: "a function", value: () => {} },
  { title: "a bigint", value: 1n },
  { title: "a text of a megabyte with line breaks", value: "line\n".repeat(200_000) },
  { title: "an object without a prototype", value: Object.create(null) },
  {
    title: "an object whose getters throw",
    value: {
      get message(): string {
        throw new Error("getter");
      },
      get name(): string {
        throw new Error("getter");
      },
      toString(): string {
        throw new Error("toString");
      },
    },
  },
  {
    title: "a proxy that throws",
    value: new Proxy(new Error("target"), {
      get: () => {
        throw new Error("trap");
      },
      getPrototypeOf: () => {
        throw new Error("trap");
      },
    }),
  },
];
