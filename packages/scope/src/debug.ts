/**
 * For finding out what a program is doing: what is live, for how long and where it was created, and what does not end. Nothing of it is
 * loaded unless it is imported.
 *
 * @packageDocumentation
 */
export { recordCreationSites } from "./debug/creation-site.js";
export { describeTree, type DescribeTreeOptions } from "./debug/describe-tree.js";
export { type ContainerSnapshot, snapshot, type Snapshot, type TaskSnapshot } from "./debug/snapshot.js";
export { type StragglerOptions, watchStragglers } from "./debug/stragglers.js";
