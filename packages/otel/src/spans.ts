import { type Attributes, context, type Link, type Span, type SpanOptions, type Tracer } from "@opentelemetry/api";
import type { CancelledError, CancelScope } from "@selvage/scope";
import { idOf, isClosed, isSignalScope, labelOf, reasonOf, statusOf } from "@selvage/scope/internal";
import { type Observer, parentOf, type ScopeEnd, type ShutdownPhase } from "@selvage/scope/lowlevel";
import { cancellationAttributes } from "./cancellation.js";
import { recordFailure } from "./failure.js";
import { type Filter, scopeAbove } from "./filter.js";
import { Forgotten } from "./forgotten.js";
import { guard } from "./guard.js";
import { contextAt, EXCLUDED, Place, Places } from "./places.js";
import { isImportant, isLabelled, isRun, kindFor, spanName } from "./subject.js";

/**
 * Makes the spans (N5). A span begins when its scope is opened, and ends when the scope is closed. What happens in between is an event of the span.
 *
 * Each step that calls the tracer is guarded, so that every span ends, whatever a step before has thrown.
 */
export class Spans implements Observer {
  readonly #tracer: Tracer;
  readonly #hasAll: boolean;
  readonly #places: Places;
  /** The places of scopes whose span has not ended. */
  readonly #open = new Set<Place>();
  /** Ends the spans of scopes that are dropped without being closed. */
  readonly #forgotten = new Forgotten<Place>((place) => {
    if (this.#open.delete(place)) endForgotten(place.span!);
  });
  #hasEnded = false;

  constructor(tracer: Tracer, filter: Filter, hasAll: boolean) {
    this.#tracer = tracer;
    this.#hasAll = hasAll;
    this.#places = new Places(filter);
  }

  opened(scope: CancelScope): void {
    if (this.#hasEnded || isSignalScope(scope)) return;
    const parent = scopeAbove(scope);
    const isWanted = this.#hasAll ? isLabelled(scope) : isImportant(scope);
    if (parent === undefined) {
      const place = this.#places.addRoot(scope);
      if (isWanted && place !== EXCLUDED) this.#start(scope, place);
    } else if (isWanted) {
      const place = this.#places.of(parent);
      if (place !== EXCLUDED) this.#start(scope, place);
    }
  }

  started(scope: CancelScope): void {
    const place = this.#openPlace(scope);
    if (place?.isQueued !== true) return;
    place.isQueued = false;
    place.span!.addEvent("selvage.started");
  }

  cancelled(root: CancelScope, reason: CancelledError): void {
    this.#openPlace(root)?.span!.addEvent("selvage.cancelled", cancellationAttributes(reason));
  }

  failed(
    scope: CancelScope,
    _error: unknown,
    run: { readonly attempt: number; readonly restartsIn: number | undefined },
  ): void {
    const place = this.#openPlace(scope); // a task that is not restarted has ended before
    if (place === undefined) return;
    place.restartsIn = run.restartsIn;
    place.span!.addEvent("selvage.failed", { "selvage.attempt": run.attempt, ...delayAttributes(run.restartsIn) });
  }

  shutdown(
    scope: CancelScope,
    { phase, stage }: { readonly phase: ShutdownPhase; readonly stage: number | undefined },
  ): void {
    const attributes: Attributes = { "selvage.shutdown.phase": phase };
    if (stage !== undefined) attributes["selvage.shutdown.stage"] = stage;
    this.#openPlace(scope)?.span!.addEvent("selvage.shutdown", attributes);
  }

  closed(scope: CancelScope, end: ScopeEnd): void {
    const place = this.#openPlace(scope);
    if (place === undefined) return;
    this.#open.delete(place);
    this.#forgotten.delete(place);
    finish(place.span!, scope, end);
  }

  run<R>(scope: CancelScope, fn: () => R): R {
    if (this.#hasEnded) return fn();
    const wanted = contextAt(this.#places.of(scope));
    return wanted === context.active() ? fn() : context.with(wanted, fn);
  }

  /** Ends the spans that are open, without a status. */
  end(): void {
    this.#hasEnded = true;
    for (const place of this.#open) {
      guard(() => {
        place.span!.end();
      });
    }
    this.#open.clear();
  }

  /** Starts the span of a scope below a place. */
  #start(scope: CancelScope, above: Place): void {
    const options: SpanOptions = { attributes: { "selvage.kind": kindFor(scope), "selvage.id": idOf(scope) } };
    const isQueued = statusOf(scope) === "queued";
    if (isQueued) options.attributes!["selvage.queued"] = true;
    const run = isRun(scope) ? this.#places.own(parentOf(scope)!) : undefined;
    if (isRun(scope)) options.attributes!["selvage.attempt"] = labelOf(scope)!.attempt;
    if (run?.latestRun !== undefined) options.links = [linkTo(run)];
    const span = this.#tracer.startSpan(spanName(scope), options, contextAt(above)) as unknown;
    if (!isSpan(span)) throw new TypeError("The tracer's startSpan() has not returned a span.");
    if (this.#hasEnded || isClosed(scope)) {
      span.end(); // the tracer has ended the instrumentation, or has closed the scope
      return;
    }
    const place = new Place(span);
    this.#places.set(scope, place); // first, because what follows may throw
    this.#open.add(place);
    this.#forgotten.add(scope, place);
    place.isQueued = isQueued;
    if (run === undefined) return;
    run.restartsIn = undefined;
    run.latestRun = span.spanContext();
  }

  /** Returns the place of a scope whose span has not ended. */
  #openPlace(scope: CancelScope): Place | undefined {
    const place = this.#places.own(scope);
    return place !== undefined && this.#open.has(place) ? place : undefined;
  }
}

/** Whether a tracer has returned an object. It is not checked further: an error that it throws later is reported. */
function isSpan(value: unknown): value is Span {
  return typeof value === "object" && value !== null;
}

/** The link from a run of a restarted task to the run before it. */
function linkTo({ latestRun, restartsIn }: Place): Link {
  return { context: latestRun!, attributes: { "selvage.link": "previous run", ...delayAttributes(restartsIn) } };
}

function delayAttributes(restartsIn: number | undefined): Attributes {
  return restartsIn === undefined ? {} : { "selvage.restarts_in_ms": restartsIn };
}

/** Ends the span of a scope that has closed. */
function finish(span: Span, scope: CancelScope, end: ScopeEnd): void {
  guard(() => span.setAttribute("selvage.status", end.status));
  guard(() => {
    const attempt = isRun(scope) ? undefined : labelOf(scope)?.attempt;
    if (attempt !== undefined && attempt > 1) span.setAttribute("selvage.attempt", attempt);
  });
  guard(() => {
    const reason = reasonOf(scope);
    // A group that fails cancels itself, and a timeout that expires too. That is a part of the failure.
    const isOwn = end.status === "rejected" && reason?.scope === scope;
    if (reason !== undefined && !isOwn) span.setAttributes(cancellationAttributes(reason));
  });
  if (end.status === "rejected") recordFailure(span, end.error);
  guard(() => {
    span.end();
  });
}

/** Ends the span of a scope that was dropped without being closed. */
function endForgotten(span: Span): void {
  guard(() => span.setAttribute("selvage.status", "never closed"));
  guard(() => {
    span.end();
  });
}
