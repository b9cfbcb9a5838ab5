/**
 * Control characters (C0, DEL, C1), the line and paragraph separators, what changes the direction of text, and lone surrogates.
 * The class cannot backtrack.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Writes the characters with which a text could forge a line of a log or drive a terminal as `\n`, `\x1b`, `\u202e` (E7).
 * All messages made from a name or a reason use it.
 *
 * @param most - The length of the result at most; a longer one is cut, and ends with `…`.
 */
export function escapeText(text: string, most: number = Infinity): string {
  // Cut first: a text may be as long as it likes.
  const escaped = text.slice(0, most + 1).replace(UNSAFE, escapeCharacter);
  // A cut must not leave half of a surrogate pair.
  return escaped.length > most ? `${escaped.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…` : escaped;
}

/** A name in a message: in quotes, escaped, at most 100 characters of it. */
export function quoteName(name: string): string {
  return `"${escapeText(name, 100).replaceAll('"', '\\"')}"`;
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return (
    SHORT[character] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`)
  );
}
