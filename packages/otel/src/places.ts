import { type Context, context, type Span, type SpanContext, trace } from "@opentelemetry/api";
import type { CancelScope } from "@selvage/scope";
import { type Filter, scopeAbove } from "./filter.js";

/*
 * Where spans hang. Each scope has a place: its own if it has a span or is a root, and otherwise that of the nearest scope above. Invariants:
 *
 * 1. A scope that has a span has a place of its own from the start of the span on, also after the end.
 * 2. A root that was opened since `instrument` was called has a place of its own.
 * 3. A place does not refer to its scope, so a scope that is dropped without being closed can be collected.
 */

/** Where the spans in and below a scope hang. */
export class Place {
  /** The span below which others hang. `undefined` if it is a root that was opened while no span was active: then others hang below the active span. */
  readonly span: Span | undefined;
  /** Whether the scope waits for its turn under a limit. */
  isQueued = false;
  /** The latest run of a restarted task; `undefined` if there is none. */
  latestRun: SpanContext | undefined = undefined;
  /** The delay before the next run of a restarted task, in milliseconds; `undefined` unless its latest run has failed. */
  restartsIn: number | undefined = undefined;

  constructor(span: Span | undefined) {
    this.span = span;
  }
}

/** The place of a root that the filter excludes. */
export const EXCLUDED: Place = new Place(undefined);
/** The place of a root that was open before `instrument` was called: spans hang below the active span. */
const BEFORE: Place = new Place(undefined);

/** On a walk up the tree, every so many steps the place is remembered. So walks take constant time, on average, in trees of any depth. */
const MOST_STEPS = 8;

/** The places of all scopes. */
export class Places {
  readonly #filter: Filter;
  /** The places of scopes that have one of their own (1, 2). */
  readonly #own = new WeakMap<CancelScope, Place>();
  /** The places that were found by long walks. */
  readonly #found = new WeakMap<CancelScope, Place>();

  constructor(filter: Filter) {
    this.#filter = filter;
  }

  /** Returns the scope's own place, if it has one. */
  own(scope: CancelScope): Place | undefined {
    return this.#own.get(scope);
  }

  /** Sets the place of a scope that has a span. */
  set(scope: CancelScope, place: Place): void {
    this.#own.set(scope, place);
  }

  /** Sets the place of a new root. */
  addRoot(root: CancelScope): Place {
    const place = this.#filter.includes(root) ? new Place(trace.getSpan(context.active())) : EXCLUDED;
    this.#own.set(root, place);
    return place;
  }

  /** Returns the place of a scope: its own, or that of the nearest scope above. */
  of(scope: CancelScope): Place {
    let passed: CancelScope[] | undefined;
    let node = scope;
    for (let steps = 1; ; steps++) {
      const place = this.#own.get(node) ?? this.#found.get(node) ?? this.#before(node);
      if (place !== undefined) {
        if (passed !== undefined) for (const each of passed) this.#found.set(each, place);
        return place;
      }
      if (steps % MOST_STEPS === 0) (passed ??= []).push(node);
      node = scopeAbove(node)!;
    }
  }

  /** Returns the place of a root that was open before `instrument` was called; `undefined` if the scope is not a root. */
  #before(scope: CancelScope): Place | undefined {
    if (scopeAbove(scope) !== undefined) return undefined;
    const place = this.#filter.includes(scope) ? BEFORE : EXCLUDED;
    this.#own.set(scope, place);
    return place;
  }
}

/**
 * Returns the active context with the span of a place. Everything else in the context, such as baggage, stays that of the calling code, as
 * `AsyncLocalStorage` values do.
 */
export function contextAt(place: Place): Context {
  const active = context.active();
  return place.span === undefined || place.span === trace.getSpan(active) ? active : trace.setSpan(active, place.span);
}
