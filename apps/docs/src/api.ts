/** Writes the API reference: a Markdown page for each exported name, from the doc comments of the packages. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  Application,
  type Comment,
  CommentTag,
  Converter,
  DeclarationReflection,
  type ProjectReflection,
  ReflectionKind,
  type TypeDocOptions,
} from "typedoc";
import { MarkdownPageEvent, type PluginOptions } from "typedoc-plugin-markdown";
import { type ApiName, namesFile } from "./api-names.js";

/** A name that several packages export is described once, under the first of these. */
const order = [
  "scope",
  "task-group",
  "supervisor",
  "timeout",
  "semaphore",
  "retry",
  "flight",
  "channel",
  "stream",
  "subprocess",
  "otel",
  "trace",
  "exception-group",
  "runner",
  "testing",
];

const options: Partial<TypeDocOptions & PluginOptions> = {
  plugin: ["typedoc-plugin-markdown"],
  name: "API",
  tsconfig: fileURLToPath(new URL("../tsconfig.api.json", import.meta.url)),
  entryPoints: order.flatMap(entryPointsOf),
  out: fileURLToPath(new URL("../api/", import.meta.url)),
  readme: "none",
  disableSources: true,
  githubPages: false,
  sort: ["source-order"],
  preservedTypeAnnotationTags: ["@throws"],
  logLevel: "Warn",
  entryFileName: "index",
  excludeScopesInPaths: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  indexFormat: "table",
  parametersFormat: "table",
  sortEntryPoints: false,
  pageTitleTemplates: { index: "API", module: ({ name }) => name, member: ({ name }) => name },
};

await writeReference();

async function writeReference(): Promise<void> {
  const app = await Application.bootstrapWithPlugins(options);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of modulesOf(project)) module.name = importedAs(module.name);
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const { comment } of Object.values(project.reflections)) if (comment !== undefined) gatherThrows(comment);
  });
  const names: ApiName[] = [];
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    const { model, url, contents = "" } = page;
    page.contents = tidy(contents);
    if (!(model instanceof DeclarationReflection) || !model.parent?.kindOf(ReflectionKind.Module)) return;
    const { name, parent } = model;
    const members = model.children?.map((member) => member.name) ?? [];
    names.push({ name, module: parent.name, link: `/api/${url.replace(/\.md$/, "")}`, members });
    const isType = model.kindOf([ReflectionKind.Interface, ReflectionKind.TypeAlias]);
    const importing = `import { ${isType ? "type " : ""}${name} } from "${parent.name}";`;
    page.contents = page.contents.replace(/^# .*$/m, (title) => `${title}\n\n\`\`\`ts\n${importing}\n\`\`\``);
  });
  const project = await app.convert();
  if (project === undefined || app.logger.hasErrors()) throw new Error("expected typedoc to find no errors");
  await app.generateOutputs(project);
  writeFileSync(namesFile, JSON.stringify(names));
}

/** The modules that users can import: those in the package's `exports`. */
function entryPointsOf(folder: string): string[] {
  const root = new URL(`../../../packages/${folder}/`, import.meta.url);
  const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
    readonly exports: Readonly<Record<string, string | { readonly "@selvage/source": string }>>;
  };
  return Object.values(manifest.exports).flatMap((target) =>
    typeof target === "string" ? [] : fileURLToPath(new URL(target["@selvage/source"], root)),
  );
}

function modulesOf(project: ProjectReflection): readonly DeclarationReflection[] {
  return project.getChildrenByKind(ReflectionKind.Module);
}

/** Maps typedoc's name of a module, such as "scope/src/lowlevel", to its import path, "@selvage/scope/lowlevel". */
function importedAs(path: string): string {
  return `@selvage/${path.replace("/src", "")}`;
}

/** Makes one list of all thrown errors with their classes: typedoc omits the classes, and makes each a heading. */
function gatherThrows(comment: Comment): void {
  const thrown = comment.getTags("@throws");
  if (thrown.length === 0) return;
  comment.removeTags("@throws");
  const items = thrown.flatMap(({ typeAnnotation, content }) => [
    { kind: "text" as const, text: typeAnnotation === undefined ? "- " : `- \`${typeAnnotation.slice(1, -1)}\`: ` },
    ...content,
    { kind: "text" as const, text: "\n" },
  ]);
  const tag = new CommentTag("@throws", items);
  const example = comment.blockTags.findIndex(({ tag }) => tag === "@example");
  comment.blockTags.splice(example === -1 ? comment.blockTags.length : example, 0, tag);
}

/** Removes repetition: tables of type parameters without a description, and a heading for each re-exported name. */
function tidy(markdown: string): string {
  return markdown
    .replace(/#+ Type Parameters\n\n\| Type Parameter \|\n.*\n(?:\|.*\|\n)+\n?/g, "")
    .replace(/## References\n[^]*$/, (section) => {
      const links = [...section.matchAll(/^Re-exports (.*)$/gm)].map(([, link]) => link);
      return `## Re-exported\n\n${links.join(", ")}.\n`;
    });
}
