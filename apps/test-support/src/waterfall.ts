import type { ReceivedSpan } from "./otlp-collector.js";

/** How wide the bars are. */
const WIDTH = 32;

/** Draws spans as the user interfaces for traces do: a line for each, below its parent, with a bar from its start to its end. */
export function waterfall(spans: readonly ReceivedSpan[]): string[] {
  const start = Math.min(...spans.map((span) => span.start));
  const end = Math.max(...spans.map((span) => span.end));
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const rows: { readonly title: string; readonly span: ReceivedSpan }[] = [];
  const add = (parent: string | undefined, indent: string): void => {
    for (const span of spans) {
      const above = ids.has(span.parentSpanId ?? "") ? span.parentSpanId : undefined;
      if (above !== parent) continue;
      rows.push({ title: indent + span.name, span });
      add(span.spanId, `${indent}  `);
    }
  };
  add(undefined, "");
  const longest = Math.max(...rows.map(({ title }) => title.length));
  const scale = (time: number): number => ((time - start) / Math.max(end - start, 1)) * WIDTH;
  return rows.map(({ title, span }) => {
    // Times since 1970 are only exact to a fraction of a microsecond.
    const from = Math.min(Math.floor(scale(span.start) + 0.01), WIDTH - 1);
    const to = Math.max(Math.ceil(scale(span.end) - 0.01), from + 1);
    const bar = `${" ".repeat(from)}${"█".repeat(to - from)}`.padEnd(WIDTH);
    const ms = `${Math.round(span.end - span.start)} ms`.padStart(7);
    return `${title.padEnd(longest)} │${bar}│${ms}  ${outcomeOf(span)}`.trimEnd();
  });
}

/** What is shown behind a span: its error, or who has cancelled it. */
function outcomeOf({ status, attributes }: ReceivedSpan): string {
  if (status.code === 2) return `error: ${status.message}`;
  const by = attributes["selvage.cancelled.by"];
  if (by === undefined) return "";
  const reason = attributes["selvage.cancelled.reason"];
  return `cancelled by ${String(by)}${reason === undefined ? "" : `: ${String(reason)}`}`;
}
