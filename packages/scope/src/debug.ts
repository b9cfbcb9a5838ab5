/**
 * Shows what a program is doing: what is live, its age and where it was created, and which cancelled tasks do not end. This module is loaded only
 * if it is imported.
 *
 * @packageDocumentation
 */
export { recordAges, recordCreationSites } from "./debug/creation-site.js";
export { describeTree, type DescribeTreeOptions } from "./debug/describe-tree.js";
export {
  type ContainerSnapshot,
  type ScopeSnapshot,
  type ScopeReference,
  snapshot,
  type Snapshot,
  type SnapshotOptions,
  type TaskSnapshot,
} from "./debug/snapshot.js";
export { type StragglerOptions, watchStragglers } from "./debug/stragglers.js";
