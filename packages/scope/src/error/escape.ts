/**
 * Control characters (C0, DEL, C1), the line and paragraph separators, characters that change the direction of text, and lone surrogates.
 * The expression does not backtrack.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Replaces characters with which a text could forge a line of a log or control a terminal by escapes: `\n`, `\x1b`, `\u202e` (E7).
 * Every message made from a name or a reason uses it.
 *
 * @param most - The maximum length of the result. A longer text is truncated, and then ends with `…`.
 */
export function escapeText(text: string, most: number = Infinity): string {
  // Truncated first, because a text may be very long.
  const escaped = text.slice(0, most + 1).replace(UNSAFE, escapeCharacter);
  // The result must not end with half of a surrogate pair.
  return escaped.length > most ? `${escaped.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…` : escaped;
}

/** Quotes and escapes a name for a message. It is truncated at 100 characters. */
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
