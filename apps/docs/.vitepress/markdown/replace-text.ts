import type { MarkdownRenderer } from "vitepress";

type Token = ReturnType<MarkdownRenderer["parse"]>[number];

/** A piece of a replaced token: a link, or text of the token's kind. */
interface Piece {
  readonly text: string;
  readonly href?: string;
}

interface Place {
  /** The heading above the token: the same object for a whole section. */
  readonly heading: Token | undefined;
  /** The path of the page, relative to the root of the site. */
  readonly path: string;
}

/** Replaces tokens of running text, outside of headings and links, by the result of `replace`; `undefined` keeps a token. */
export function replaceText(
  md: MarkdownRenderer,
  name: string,
  types: readonly string[],
  replace: (token: Token, place: Place) => readonly Piece[] | undefined,
): void {
  md.core.ruler.push(name, ({ tokens, env, Token }) => {
    const { relativePath: path = "" } = env as { relativePath?: string };
    let heading: Token | undefined;
    for (const [i, token] of tokens.entries()) {
      if (token.type === "heading_open") heading = token;
      if (token.type !== "inline" || tokens[i - 1]?.type === "heading_open") continue;
      let links = 0;
      token.children = (token.children ?? []).flatMap((child) => {
        if (child.type === "link_open") links++;
        if (child.type === "link_close") links--;
        const pieces = links === 0 && types.includes(child.type) ? replace(child, { heading, path }) : undefined;
        return pieces?.flatMap((piece) => draw(child, piece)) ?? child;
      });
    }

    function draw(original: Token, { text, href }: Piece): Token[] {
      if (text === "") return [];
      const inner = Object.assign(new Token(original.type, original.tag, 0), original, { content: text });
      if (href === undefined) return [inner];
      const open = new Token("link_open", "a", 1);
      open.attrs = [
        ["href", href],
        ["class", name],
      ];
      return [open, inner, new Token("link_close", "a", -1)];
    }
  });
}
