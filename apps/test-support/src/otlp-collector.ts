import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A value of an attribute as OTLP writes it in JSON. */
interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

/** A span as it arrives, with its attributes as plain values. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** In milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly links: readonly { readonly spanId: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  /** 0: unset, 1: ok, 2: error. */
  readonly status: { readonly code?: number; readonly message?: string };
}

/** A point of a metric as it arrives. */
export interface ReceivedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The sum of a counter, or the count of a histogram. */
  readonly value: number;
}

/** A collector of OTLP over HTTP, on loopback. It keeps what it receives. */
export interface OtlpCollector extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. Spans go to `/v1/traces`, and metrics to `/v1/metrics`. */
  readonly url: string;
  /** The spans that have arrived, in the order of their start. */
  readonly spans: () => ReceivedSpan[];
  /** The points of the latest export of metrics. */
  readonly points: () => ReceivedPoint[];
}

/** Starts a collector. */
export async function startCollector(): Promise<OtlpCollector> {
  const spans: ReceivedSpan[] = [];
  let points: ReceivedPoint[] = [];
  const server = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      const body = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as Payload;
      if (request.url === "/v1/traces") spans.push(...spansOf(body));
      if (request.url === "/v1/metrics") points = pointsOf(body);
      response.setHeader("content-type", "application/json");
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => spans.sort((one, other) => one.start - other.start || idOf(one) - idOf(other)),
    points: () => points,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Spans that start at the same time are in the order of their scopes. */
function idOf({ attributes }: ReceivedSpan): number {
  return Number(attributes["selvage.id"] ?? 0);
}

/** The JSON of an export, as far as it is read. */
interface Payload {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[] }[];
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly OtlpMetric[] }[];
  }[];
}

interface OtlpSpan extends Omit<ReceivedSpan, "start" | "end" | "attributes" | "events" | "links"> {
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly OtlpAttribute[];
  readonly events?: readonly { readonly name: string; readonly attributes?: readonly OtlpAttribute[] }[];
  readonly links?: readonly { readonly spanId: string; readonly attributes?: readonly OtlpAttribute[] }[];
}

interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[] };
}

interface OtlpPoint {
  readonly attributes?: readonly OtlpAttribute[];
  readonly asDouble?: number;
  readonly asInt?: number | string;
  readonly count?: number | string;
}

function spansOf({ resourceSpans = [] }: Payload): ReceivedSpan[] {
  const all = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  return all.map(({ startTimeUnixNano, endTimeUnixNano, attributes, events = [], links = [], ...rest }) => ({
    ...rest,
    start: Number(startTimeUnixNano) / 1e6,
    end: Number(endTimeUnixNano) / 1e6,
    attributes: plain(attributes),
    events: events.map((event) => ({ name: event.name, attributes: plain(event.attributes) })),
    links: links.map((link) => ({ spanId: link.spanId, attributes: plain(link.attributes) })),
  }));
}

function pointsOf({ resourceMetrics = [] }: Payload): ReceivedPoint[] {
  const all = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  return all.flatMap(({ name, unit, sum, histogram }) =>
    (sum ?? histogram)!.dataPoints.map(({ attributes, asDouble, asInt, count }) => ({
      metric: name,
      unit,
      attributes: plain(attributes),
      value: Number(asDouble ?? asInt ?? count),
    })),
  );
}

function plain(attributes: readonly OtlpAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] as unknown]));
}
