import { readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { type Exports, readJson, root } from "./repository.js";

/** A type that a public declaration names and that no public entry exports. */
export interface HiddenType {
  readonly name: string;
  /** The exports that name it. */
  readonly namedBy: readonly string[];
}

const packages = join(root, "packages");

/** The declaration files of all public entries. `internal` is for the packages themselves. */
function publicEntries(): string[] {
  return readdirSync(packages).flatMap((folder) => {
    const { exports } = readJson(`packages/${folder}/package.json`) as { exports: Exports };
    return Object.entries(exports).flatMap(([entry, target]) =>
      typeof target === "object" && target["types"] !== undefined && entry !== "./internal"
        ? [join(packages, folder, target["types"])]
        : [],
    );
  });
}

/** Finds the types that users meet in public declarations and cannot import. The packages must be built. */
export function hiddenTypes(): HiddenType[] {
  const entries = publicEntries();
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
    skipLibCheck: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const resolve = (symbol: ts.Symbol | undefined): ts.Symbol | undefined =>
    symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
  const exported = new Set<ts.Symbol>();
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!);
    for (const symbol of module === undefined ? [] : checker.getExportsOfModule(module)) exported.add(resolve(symbol)!);
  }
  const hidden = new Map<string, Set<string>>();
  for (const symbol of exported) {
    for (const declaration of symbol.declarations ?? []) visit(declaration, symbol.name);
  }
  return [...hidden].map(([name, namedBy]) => ({ name, namedBy: [...namedBy] }));

  function visit(node: ts.Node, namedBy: string): void {
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : undefined;
    if (name !== undefined) {
      const type = resolve(checker.getSymbolAtLocation(name));
      const file = type?.declarations?.[0]?.getSourceFile().fileName ?? "";
      const isParameter = type !== undefined && (type.flags & ts.SymbolFlags.TypeParameter) !== 0;
      if (type !== undefined && !isParameter && file.startsWith(packages) && !exported.has(type)) {
        const users = hidden.get(type.name) ?? new Set();
        hidden.set(type.name, users.add(namedBy));
      }
    }
    ts.forEachChild(node, (child) => {
      visit(child, namedBy);
    });
  }
}
