/**
 * Splits groups of errors, and handles their members by class as `except*` does in Python.
 *
 * @packageDocumentation
 */
export { ExceptionGroup, format, type FormatOptions } from "@selvage/scope";
export { type Clause, on } from "./clause.js";
export { collapse } from "./collapse.js";
export type { Checked, Condition, ErrorClass, Matched } from "./condition.js";
export { except, exceptAsync } from "./except.js";
export { type Leaf, leaves } from "./leaves.js";
export { split, subgroup } from "./split.js";
