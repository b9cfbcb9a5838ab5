import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./repository.js";

/** The bytes that packages add to a user's bundle, minified and gzipped, where everything they export is used. */
export async function bundledSize(packages: readonly string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents: packages.map((name) => `export * from ${JSON.stringify(name)};`).join("\n"),
      resolveDir: `${root}/apps/checks`,
    },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}
