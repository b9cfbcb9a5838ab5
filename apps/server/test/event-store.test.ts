import { CancelScope } from "@selvage/scope";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../src/config.js";
import { type Database, openDatabase } from "../src/database.js";
import { EventStore } from "../src/event-store.js";

const config = { ...readConfig({ DATA_FOLDER: "memory://" }), perDestination: 2 };
const scope = new CancelScope({ parent: null });
let database: Database;
/** Two processes that use one database. */
let store: EventStore;
let other: EventStore;

beforeEach(async () => {
  database = openDatabase(config, () => {});
  store = new EventStore(database, config);
  other = new EventStore(database, config);
  await Promise.all([store.create(scope), other.create(scope)]);
});

afterEach(() => database.close()); // after each test, because a query leaves a timer until the next one

async function add(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await store.add(scope, { id: path, url: `http://${path}`, body: "{}" }, null);
  }
}

async function claim(by: EventStore, most: number, running: Record<string, number> = {}): Promise<string[]> {
  const claimed = await by.claim(scope, most, new Map(Object.entries(running)));
  return claimed.map(({ id }) => id).sort();
}

describe("an event store", () => {
  it("gives an event to one process only", async () => {
    await add("a/1", "b/1");
    expect(await claim(store, 1)).toHaveLength(1);
    expect(await claim(other, 10)).toHaveLength(1);
    expect(await claim(store, 10)).toEqual([]);
  });

  it("claims of each destination as many as it has room for, however many are due", async () => {
    await add("a/1", "a/2", "a/3", "b/1", "c/1");
    expect(await claim(store, 10, { "http://c": 2, "http://b": 1 })).toEqual(["a/1", "a/2", "b/1"]);
    expect(await claim(store, 10, { "http://c": 2 })).toEqual(["a/3"]);
    expect(await claim(store, 10, { "http://c": 7 })).toEqual([]);
  });

  it("makes an event due again when its claim has run out", async () => {
    const short = new EventStore(database, { ...config, lease: 1 });
    await add("a/1");
    expect(await claim(short, 10)).toEqual(["a/1"]);
    await database.run(scope, "UPDATE events SET due_at = due_at - interval '1 second'"); // as if a second had passed
    expect(await claim(other, 10)).toEqual(["a/1"]);
  });

  it("releases its own claims, and not those of another process", async () => {
    await add("a/1", "b/1", "c/1");
    const [event] = await store.claim(scope, 1, new Map());
    await store.delivered(scope, event!);
    await claim(store, 1);
    await claim(other, 1);
    expect(await store.release(scope)).toBe(1);
    expect(await claim(store, 10)).toHaveLength(1);
  });

  it("makes an event due later after a failed round, and gives it up after the last one", async () => {
    const two = new EventStore(database, { ...config, rounds: 2, roundDelay: 1 });
    await add("a/1");
    const rows = (): Promise<readonly unknown[]> => database.query(scope, "SELECT state, round, error FROM events", []);
    for (const state of ["due", "failed"]) {
      const [event] = await two.claim(scope, 1, new Map());
      await two.failed(scope, event!, "503", false);
      expect(await rows()).toEqual([{ state, round: event!.round + 1, error: "503" }]);
      await database.run(scope, "UPDATE events SET due_at = now()");
    }
    expect(await claim(two, 1)).toEqual([]);
  });

  it("does not record a failed round of a claim that it has lost", async () => {
    await add("a/1");
    const [event] = await store.claim(scope, 1, new Map());
    await database.run(scope, "UPDATE events SET due_at = now()");
    await claim(other, 1);
    await store.failed(scope, event!, "503", true);
    expect(await database.query(scope, "SELECT state, round FROM events", [])).toEqual([
      { state: "claimed", round: 0 },
    ]);
  });

  it("stops to wait for a query when the scope is cancelled", async () => {
    const cancelled = new CancelScope({ parent: null });
    const adding = store.claim(cancelled, 1, new Map());
    cancelled.cancel("enough");
    await expect(adding).rejects.toThrow(cancelled.reason!.message);
  });
});
