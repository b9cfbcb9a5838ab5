/*
 * What the packages of Selvage share with each other. It is not documented, and it changes without notice, because each package depends on the
 * exact version of the core that it was published with. Authors of primitives use `@selvage/scope/lowlevel`.
 */
export { brand, hasBrand, read } from "./support/brand.js";
export { cancelAt, keepAlive, moveDeadline } from "./time/move-deadline.js";
export { ignoreRejection, type Deferred, deferred, subscribe } from "./support/deferred.js";
export { callIn, enter } from "./tree/enclosing.js";
export { setContext } from "./error/error-context.js";
export {
  checkCount,
  checkFunction,
  checkFunctions,
  checkName,
  checkNumber,
  checkOptions,
  checkParentOptions,
  checkTime,
  describeValue,
  expected,
} from "./support/arguments.js";
export { type CallersContext, callersContext, callInContext } from "./task/caller-context.js";
export { checkClock, goesWithTimers } from "./time/clock.js";
export { platformClock } from "./time/platform-clock.js";
export { SAME_TIME, TimeShift } from "./time/time-shift.js";
export { type Backoff, checkBackoff, delayBefore } from "./time/backoff.js";
export { rejectIfClosed } from "./error/errors.js";
export { isOver } from "./time/deadline.js";
export {
  checkedRefusal,
  checkWaitScope,
  type Entry,
  refusalOf,
  scopeOf,
  Turn,
  TurnQueue,
  type WaitScope,
} from "./wait/turn.js";
export { isClosed, isNamed, kindOf, statusOf } from "./debug/live-scope.js";
export { isSignalScope } from "./tree/signal-scope.js";
export { idOf } from "./debug/scope-facts.js";
export type { DerivedNameOptions } from "./task/task-policy.js";
export { giveBack, hold, type Holding } from "./tree/holdings.js";
export { TimeoutError } from "./error/timeout-error.js";
export { LaggedError } from "./error/lagged-error.js";
export { reportUncaught } from "./error/report-uncaught.js";
export { escapeText, quoteName } from "./error/escape.js";
export { cancelAnyway, cancelBecause, cancelFor, makeReason } from "./tree/cancel-anyway.js";
export { functionName } from "./support/function-name.js";
export { isKeptHot, keepHot } from "./support/keep-hot.js";
export { onEnd } from "./tree/end-listener.js";
export { nameTasks, outline, type OwnedFailure, ownerError } from "./error/owner-error.js";
export { ownData, ownMessage } from "./error/own-data.js";
export { unwoundOf } from "./error/raised.js";
export { endScope } from "./run/close-scope.js";
export { isBusyBelow } from "./run/liveness.js";
export { isCutOf, reasonOf } from "./run/absorb.js";
export { RETHROW, runBody, type RunHooks } from "./run/run-scope.js";
export { TIMEOUT_ERROR } from "./error/is-cancellation.js";
export { checkParent, type LabelledOptions } from "./tree/scope-options.js";
export { checkLimit } from "./task/shared-limit.js";
export { childrenOf, labelOf, siblingScope } from "./tree/sibling-scope.js";
export { addMethod, asyncDispose, dispose } from "./support/symbols.js";
export { noteRun } from "./task/task-record.js";
export { Wait } from "./wait/wait.js";
export { addWaiter, removeWaiter, Waiter } from "./tree/waiter.js";
export { traced } from "./task/traced.js";
export { observer } from "./tree/observer.js";
export { AllResults, FailFast } from "./task/fail-fast.js";
export { FailureList } from "./task/failure-list.js";
export { Feed, type MapFunction, type MapOptions } from "./task/feed.js";
export { releaseSource } from "./task/release-source.js";
export { HAS_ITEMS, type HasItems, type Items, type ItemSource, opener, type Source } from "./task/source.js";
export { Fifo } from "./support/fifo.js";
export { ScopeEnd, throwIfOver } from "./wait/scope-end.js";
