import type { CancelledError, CancelScope } from "@selvage/scope";
import type { Observer, ScopeEnd } from "@selvage/scope/lowlevel";
import { guard } from "./guard.js";
import type { Metrics } from "./metrics.js";
import type { Spans } from "./spans.js";

/**
 * Makes one observer of the metrics and the spans. As two observers, they would not share a filter that opens scopes: the spans would be notified of its
 * root while the filter decides about it, just before they are notified of those scopes.
 */
export function together(metrics: Metrics, spans: Spans): Observer {
  return {
    opened(scope: CancelScope) {
      guard(() => {
        metrics.opened(scope);
      });
      spans.opened(scope);
    },
    started(scope: CancelScope) {
      guard(() => {
        metrics.started(scope);
      });
      spans.started(scope);
    },
    cancelled(root: CancelScope, reason: CancelledError) {
      guard(() => {
        metrics.cancelled(root);
      });
      spans.cancelled(root, reason);
    },
    failed: spans.failed.bind(spans),
    shutdown: spans.shutdown.bind(spans),
    closed(scope: CancelScope, end: ScopeEnd) {
      guard(() => {
        metrics.closed(scope, end);
      });
      spans.closed(scope, end);
    },
    run: (scope, fn) => spans.run(scope, fn),
  };
}
