/** What a piece of text is, to whoever has colours. */
export type Style = "title" | "good" | "bad" | "odd" | "faint";

/** Gives text the colour of its style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** For pipes, files, tests, and whoever asks for no colour. */
export const plain: Paint = (_style, text) => text;

const codes: Readonly<Record<Style, string>> = { title: "1", good: "32", bad: "31", odd: "33", faint: "2" };

/** For terminals. */
export const coloured: Paint = (style, text) => (text.trim() === "" ? text : `\x1b[${codes[style]}m${text}\x1b[0m`);

/** Colours only where standard output is a terminal, and nobody has asked for none. */
export function paintFor(env: NodeJS.ProcessEnv, isTerminal: boolean): Paint {
  const wanted = env["NO_COLOR"] === undefined || env["NO_COLOR"] === "";
  return wanted && isTerminal ? coloured : plain;
}
