import { type CancelScope, InvalidStateError } from "@selvage/scope";
import { functionName, quoteName } from "@selvage/scope/internal";
import { parentOf } from "@selvage/scope/lowlevel";

/** The scopes of the runs and limited tasks that hold permits, with their numbers. */
export type Holders = Map<CancelScope, number>;

/**
 * Returns the error of a wait that can never end, because runs and limited tasks at or above the waiting scope hold the permits (M8); otherwise
 * `undefined`.
 */
export function endlessWait(
  holders: Holders,
  scope: CancelScope,
  n: number,
  permits: number,
  title: string,
): InvalidStateError | undefined {
  if (holders.size === 0) return undefined;
  let held = 0;
  const names: string[] = [];
  for (let node: CancelScope | undefined = scope; node !== undefined; node = parentOf(node)) {
    const own = holders.get(node);
    if (own === undefined) continue;
    held += own;
    names.push(`${quoteName(node.name ?? "anonymous")} holds ${own} of ${permits}`);
  }
  if (held === 0 || n <= permits - held) return undefined;
  return new InvalidStateError(
    `This wait for the ${title} would never end: the code that waits is inside what holds the permits (${names.join(", ")}).`,
  );
}

/** The label of the scope in which a `run` calls its function. */
export class RunLabel {
  readonly kind = "run";
  readonly #fn: object;
  holding: string | undefined = undefined;

  constructor(fn: object) {
    this.#fn = fn;
  }

  get name(): string | undefined {
    const name = functionName(this.#fn);
    return name === "" ? undefined : name;
  }
}
