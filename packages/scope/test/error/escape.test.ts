import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeText, quoteName } from "../../src/internal.js";

/** Whether a text contains a character that no message may contain. The list is independent of the source. */
function isUnsafe(text: string): boolean {
  return Array.from(text).some((character) => {
    const code = character.codePointAt(0)!;
    return (
      code < 0x20 ||
      (code >= 0x7f && code <= 0x9f) ||
      [0x061c, 0x200e, 0x200f, 0x2028, 0x2029].includes(code) ||
      (code >= 0x202a && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069) ||
      (code >= 0xd800 && code <= 0xdfff) // A lone surrogate.
    );
  });
}

describe("escapeText", () => {
  it.each([
    ["a line feed", "a\nb", "a\\nb"],
    ["a carriage return", "a\rb", "a\\rb"],
    ["a tab", "a\tb", "a\\tb"],
    ["ESC", "\x1b[2J", "\\x1b[2J"],
    ["NUL", "\0", "\\x00"],
    ["DEL", "\x7f", "\\x7f"],
    ["a C1 control, which terminals take for ESC [", "\x9b2J", "\\x9b2J"],
    ["next line", "\x85", "\\x85"],
    ["a line separator", "\u2028", "\\u2028"],
    ["a paragraph separator", "\u2029", "\\u2029"],
    ["a bidirectional override", "\u202e", "\\u202e"],
    ["a bidirectional embedding", "\u202a", "\\u202a"],
    ["an isolate", "\u2066 \u2069", "\\u2066 \\u2069"],
    ["direction marks", "\u200e\u200f\u061c", "\\u200e\\u200f\\u061c"],
    ["a lone surrogate", "\ud83d", "\\ud83d"],
  ])("escapeText makes %s visible (E7)", (_, text, written) => {
    expect(escapeText(text)).toBe(written);
  });

  it("escapeText leaves all other text unchanged (E7)", () => {
    for (const text of ["", "Größe 3 µm", "日本語", "👩‍💻 🚀", 'C:\\temp "x" <b>']) expect(escapeText(text)).toBe(text);
  });

  it("escapeText truncates a text to the given length with an ellipsis, and never inside a surrogate pair (E7)", () => {
    expect(escapeText("abcdef", 6)).toBe("abcdef");
    expect(escapeText("abcdefg", 6)).toBe("abcde…");
    expect(escapeText("abc🚀🚀", 5)).toBe("abc…");
    expect(escapeText("\n".repeat(10), 6)).toBe("\\n\\n\\…");
    expect(escapeText("x".repeat(50_000_000), 10)).toBe("xxxxxxxxx…");
  });

  it("escapeText leaves no unsafe character, whatever the text and the length are (E7)", () => {
    const character = fc.oneof(
      fc.integer({ min: 0, max: 0xff }),
      fc.integer({ min: 0x2000, max: 0x2070 }),
      fc.nat(0xffff),
    );
    fc.assert(
      fc.property(fc.array(character, { maxLength: 60 }), fc.integer({ min: 1, max: 80 }), (codes, most) => {
        const text = String.fromCharCode(...codes);
        for (const escaped of [escapeText(text), escapeText(text, most)]) {
          expect(isUnsafe(escaped)).toBe(false);
        }
        expect(escapeText(text, most).length).toBeLessThanOrEqual(most);
      }),
    );
  });
});

describe("quoteName", () => {
  it("quoteName quotes and escapes a name, and limits its length (E7)", () => {
    expect(quoteName("load user")).toBe('"load user"');
    expect(quoteName('a"\nb')).toBe('"a\\"\\nb"');
    expect(quoteName("x".repeat(1_000)).length).toBe(102);
  });
});
