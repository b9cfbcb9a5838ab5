import type { CancelScope, Subject } from "./cancel-scope.js";
import { hasBrand } from "./brand.js";
import { creationSite } from "./creation-site.js";
import { describeValue } from "./errors.js";
import { escapeText, quoteName } from "./escape.js";
import { CLOSED, SHIELD } from "./scope-tree.js";
import { lookAtClocks } from "./timer-queue.js";

/** Deeper lines are not indented further: a line for each of 100,000 levels would else be 100,000 wide. */
const DEEPEST_INDENT = 40;

/**
 * What is live in and below a scope, a line each: kind and name, status, age; and where it was created, if that was recorded
 * ({@link recordCreationSites}). For logs and for finding what does not end.
 *
 * @throws {TypeError} Where it is handed no scope.
 * @example
 * ```ts
 * import { CancelScope, describeTree } from "@selvage/scope";
 *
 * using server = new CancelScope({ name: "server" });
 * using request = new CancelScope({ name: "request", parent: server });
 * console.assert(/^scope "server": live, .*\n {2}scope "request": live/.test(describeTree(server)));
 * ```
 */
export function describeTree(scope: CancelScope): string {
  if (!hasBrand(scope, "@selvage/scope/CancelScope")) {
    throw new TypeError(`describeTree() describes a CancelScope, got ${describeValue(scope)}.`);
  }
  lookAtClocks(); // once, before the walk: listeners may change the tree
  const lines: string[] = [];
  const depths = new Map<CancelScope, number>();
  for (const node of walk(scope)) {
    const depth = node === scope ? 0 : depths.get(node._parent!)! + 1;
    depths.set(node, depth);
    lines.push("  ".repeat(Math.min(depth, DEEPEST_INDENT)) + describeScope(node));
  }
  return lines.join("\n");
}

/** All that is open in and below a scope, parents before children. The tree must not change meanwhile. */
export function* walk(root: CancelScope): Generator<CancelScope> {
  let node: CancelScope | undefined = root;
  while (node !== undefined) {
    yield node;
    let next: CancelScope | undefined = node._firstChild;
    while (next === undefined && node !== undefined && node !== root) {
      next = node._next;
      node = node._parent;
    }
    node = next;
  }
}

/** A scope in a line: kind and name, status, age. */
export function describeScope(scope: CancelScope): string {
  const subject: Subject | undefined = typeof scope._subject === "object" ? scope._subject : undefined;
  const name = scope.name === undefined ? "" : ` ${quoteName(scope.name)}`;
  const facts: string[] = [];
  if (subject?.status !== undefined) facts.push(subject.status);
  if ((scope._flags & SHIELD) !== 0) facts.push("shielded");
  if (scope._reason !== undefined) facts.push(subject?.status === "cancelled" ? "" : "cancelled");
  else if ((scope._flags & CLOSED) !== 0) facts.push("closed");
  else if (subject?.status === undefined) facts.push("live");
  facts.push(age(Math.max(0, Math.round(scope.clock.now()) - Math.round(scope._birth.time))));
  const site = creationSite(scope);
  if (site !== undefined) facts.push(`created at ${escapeText(site, 300)}`);
  return `${subject?.kind ?? "scope"}${name}: ${facts.filter((fact) => fact !== "").join(", ")}`;
}

function age(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
