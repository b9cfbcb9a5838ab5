/** The style of a piece of text. */
export type Style = "title" | "good" | "bad" | "odd" | "faint";

/** Gives text the colour of its style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** No colours: for pipes, files, tests, and `NO_COLOR`. */
export const plain: Paint = (_style, text) => text;

const codes: Readonly<Record<Style, string>> = { title: "1", good: "32", bad: "31", odd: "33", faint: "2" };

/** For terminals. */
export const coloured: Paint = (style, text) => (text.trim() === "" ? text : `\x1b[${codes[style]}m${text}\x1b[0m`);

/** Colours only if standard output is a terminal and `NO_COLOR` is not set. */
export function paintFor(env: NodeJS.ProcessEnv, isTerminal: boolean): Paint {
  const wanted = env["NO_COLOR"] === undefined || env["NO_COLOR"] === "";
  return wanted && isTerminal ? coloured : plain;
}
