import type { MarkdownOptions } from "vitepress";

type CodeTheme = Extract<NonNullable<MarkdownOptions["theme"]>, { light: unknown }>["light"];

/** The colours of the parts of a program. */
interface Palette {
  readonly text: string;
  readonly comment: string;
  readonly keyword: string;
  readonly string: string;
  readonly constant: string;
  readonly name: string;
  readonly type: string;
}

/** Themes with few colours, each readable on the background of the site. */
export const codeColours: { light: CodeTheme; dark: CodeTheme } = {
  light: theme("light", {
    text: "#1d2433",
    comment: "#636a78",
    keyword: "#2c4a86",
    string: "#a0301f",
    constant: "#7d4e00",
    name: "#17606b",
    type: "#5d4289",
  }),
  dark: theme("dark", {
    text: "#d9dee8",
    comment: "#8f98ab",
    keyword: "#a9bfee",
    string: "#eea597",
    constant: "#e2bf8b",
    name: "#8fcdd1",
    type: "#cbb6ee",
  }),
};

function theme(
  type: "light" | "dark",
  { text, comment, keyword, string, constant, name, type: typeColour }: Palette,
): CodeTheme {
  const colour = (foreground: string, ...scope: string[]): { scope: string[]; settings: { foreground: string } } => ({
    scope,
    settings: { foreground },
  });
  return {
    name: `selvage-${type}`,
    type,
    fg: text,
    bg: "transparent",
    settings: [
      { settings: { foreground: text } },
      colour(comment, "comment", "punctuation.definition.comment"),
      colour(keyword, "keyword", "storage", "variable.language.this"),
      colour(text, "keyword.operator.type", "keyword.operator.accessor", "storage.type.function.arrow"),
      colour(string, "string", "string.regexp", "punctuation.definition.string"),
      colour(constant, "constant"),
      colour(name, "entity.name.function", "support.function"),
      colour(
        typeColour,
        "entity.name.type",
        "entity.other.inherited-class",
        "support.type",
        "support.class",
        "variable.other.constant.object.class",
      ),
    ],
  };
}
