import type { CancelScope } from "../cancel-scope.js";
import { look } from "../time/look.js";
import { checkOptions, describeValue } from "../support/arguments.js";
import { escapeText, quoteName } from "../error/escape.js";
import { checkScope, type LiveScope, liveScope, walk } from "./live-scope.js";

/** How {@link describeTree} prints. */
export interface DescribeTreeOptions {
  /** The maximum number of lines. If there are more, a last line says how many. A positive integer or `Infinity`. Default: 1,000. */
  readonly maxLines?: number | undefined;
}

/** Deeper lines are not indented further. Otherwise the lines of a tree with 100,000 levels would be 100,000 characters long. */
const DEEPEST_INDENT = 40;

/**
 * Prints what is live in and below a scope. Each line has the kind, the name, the status, and what it waits for if the primitive reports it. The
 * age and the creation site follow if they were recorded ({@link recordCreationSites}).
 *
 * The status of a task is `queued`, `running` or `waiting to restart`.
 *
 * @throws {TypeError} If `scope` is not a scope, or `maxLines` is not a number.
 * @throws {RangeError} If `maxLines` is neither a positive integer nor `Infinity`.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { describeTree } from "@selvage/scope/debug";
 *
 * using server = new CancelScope({ name: "server" });
 * using request = new CancelScope({ name: "request", parent: server });
 * console.assert(describeTree(server) === 'scope "server": live\n  scope "request": live');
 * ```
 */
export function describeTree(scope: CancelScope, options: DescribeTreeOptions = {}): string {
  checkScope(scope, "The scope to describe");
  checkOptions(options);
  const { maxLines = 1_000 } = options;
  if (typeof maxLines !== "number") {
    throw new TypeError(`maxLines must be a positive integer or Infinity, got ${describeValue(maxLines)}.`);
  }
  if (!(maxLines === Infinity || (Number.isInteger(maxLines) && maxLines > 0))) {
    throw new RangeError(`maxLines must be a positive integer or Infinity, got ${maxLines}.`);
  }
  look(scope); // before the walk: listeners may change the tree
  const lines: string[] = [];
  let rest = 0;
  const depths = new Map<CancelScope, number>();
  for (const node of walk(scope)) {
    if (lines.length >= maxLines) {
      rest++;
      continue;
    }
    const depth = node === scope ? 0 : depths.get(node._parent!)! + 1;
    depths.set(node, depth);
    lines.push("  ".repeat(Math.min(depth, DEEPEST_INDENT)) + describeLive(liveScope(node)));
  }
  if (rest > 0) lines.push(`… and ${rest} more`);
  return lines.join("\n");
}

/** Prints a scope in one line. */
export function describeLive({
  kind,
  name,
  status,
  cancelled,
  shielded,
  waiting,
  holding,
  age,
  site,
}: LiveScope): string {
  const facts = [status];
  if (cancelled && kind !== "task") facts[0] = "cancelled";
  else if (cancelled && status !== "cancelled") facts.push("cancelled");
  if (shielded) facts.unshift("shielded");
  for (const what of waiting) facts.push(`waits for ${what}`);
  for (const what of holding) facts.push(`holds ${what}`);
  if (age !== undefined) facts.push(printAge(age));
  if (site !== undefined) facts.push(`created at ${escapeText(site, 300)}`);
  return `${kind}${name === undefined ? "" : ` ${quoteName(name)}`}: ${facts.join(", ")}`;
}

function printAge(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
