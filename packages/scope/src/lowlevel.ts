/**
 * For authors of primitives: the machine that TaskGroup and Supervisor are policies over, and what it is made of. Users of the
 * primitives need nothing of it.
 *
 * @packageDocumentation
 */
export { membersOf } from "./aggregate.js";
export { brand, hasBrand } from "./brand.js";
export { keepAlive } from "./deadline.js";
export { abandon, type Deferred, deferred } from "./deferred.js";
export { callIn } from "./enclosing.js";
export { checkFunction, checkFunctions, checkTime, describeValue, reportUncaught } from "./errors.js";
export { TIMEOUT_ERROR } from "./is-cancellation.js";
export { startTask, type StartFunction } from "./start-task.js";
export { addMethod, asyncDispose, dispose } from "./symbols.js";
export { errorOf } from "./task.js";
export { type TaskOptions, type TaskPolicy, TaskSet, type TaskSetOptions } from "./task-set.js";
