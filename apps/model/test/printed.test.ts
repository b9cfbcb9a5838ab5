/* eslint-disable no-unsafe-finally -- a cleanup fails, on purpose */
import { CancelScope, isCancellation } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { moveOnAfter, timeout } from "@selvage/timeout";
import { expect, it } from "vitest";
import { recordProgram } from "../src/record.js";
import { lineOf } from "../src/trace.js";

it("runs as it was printed", async () => {
  const { trace } = await recordProgram(7, async (test, r) => {
    await r.seen(0, () =>
      CancelScope.run(
        (scope) =>
          r.run(0, scope, async (scope0) => {
            await r.seen(1, () =>
              Supervisor.run(
                (owner1) =>
                  r.run(1, owner1, async (scope1) => {
                    r.spawn(2, () =>
                      owner1.createTask(
                        (scope) =>
                          r.run(2, scope, async () => {
                            await r.seen(3, () => r.work(4));
                            throw r.error(4);
                          }),
                        { name: "2" },
                      ),
                    );
                    r.spawn(5, () =>
                      owner1.createTask(
                        (scope) =>
                          r.run(5, scope, async (scope5) => {
                            try {
                              await r.seen(7, () =>
                                timeout(
                                  5,
                                  (limit) =>
                                    r.run(7, limit, async (scope7) => {
                                      await r.seen(8, () => scope7.checkpoint());
                                      r.does(9);
                                      scope7.deadline = r.clock.now() + 3;
                                      await r.seen(10, () =>
                                        TaskGroup.run(
                                          (owner10) =>
                                            r.run(10, owner10, async (scope10) => {
                                              r.spawn(11, () =>
                                                owner10.createTask(
                                                  (scope) =>
                                                    r.run(11, scope, async (scope11) => {
                                                      try {
                                                        await r.seen(13, () => scope11.sleep(100));
                                                      } finally {
                                                        await r.seen(14, () =>
                                                          CancelScope.run(
                                                            (scope) =>
                                                              r.run(14, scope, async (scope14) => {
                                                                await r.seen(15, () => scope14.sleep(10));
                                                                return 14;
                                                              }),
                                                            {
                                                              parent: scope11,
                                                              name: "14",
                                                              deadline: r.clock.now() + 2,
                                                              shield: true,
                                                            },
                                                          ),
                                                        );
                                                        throw r.error(16);
                                                      }
                                                    }),
                                                  { name: "11" },
                                                ),
                                              );
                                              await r.seen(17, () => r.tasks[11] && scope10.race(r.tasks[11]));
                                              return 10;
                                            }),
                                          { parent: scope7, name: "10" },
                                        ),
                                      );
                                      return 7;
                                    }),
                                  { parent: scope5, name: "7" },
                                ),
                              );
                            } catch (error) {
                              if (isCancellation(error, scope5)) throw error;
                              r.caught(6, error);
                            }
                            await r.seen(
                              18,
                              () =>
                                r.supervisors[1] &&
                                scope5.race(r.supervisors[1].shutdown({ grace: 0, timeout: 10, requestedBy: scope5 })),
                            );
                            return 5;
                          }),
                        { name: "5" },
                      ),
                    );
                    r.spawn(19, () =>
                      owner1.createTask(
                        (scope) =>
                          r.run(19, scope, async (scope19) => {
                            try {
                              r.does(21);
                              scope19.throwIfCancelled();
                            } catch (error) {
                              r.caught(20, error);
                            }
                            return 22;
                          }),
                        { name: "19" },
                      ),
                    );
                    await r.seen(23, () => r.fetch(1, scope1.signal));
                    await r.seen(24, () =>
                      moveOnAfter(
                        6,
                        (limit) =>
                          r.run(24, limit, async () => {
                            r.does(25);
                            r.scopes[24]?.cancel("by 25");
                            return 24;
                          }),
                        { parent: scope1, name: "24" },
                      ),
                    );
                    r.does(26);
                    void r.supervisors[1]?.shutdown({ grace: 100, requestedBy: scope1 });
                    return 1;
                  }),
                { parent: scope0, name: "1", limit: 2, onError: r.told(1) },
              ),
            );
            await r.seen(27, () =>
              CancelScope.run(
                (scope) =>
                  r.run(27, scope, async () => {
                    return 27;
                  }),
                { parent: r.follow(27, scope0), clock: r.clock, name: "27" },
              ),
            );
            await r.seen(28, () =>
              TaskGroup.run(
                (owner28) =>
                  r.run(28, owner28, async (scope28) => {
                    await r.seen(29, () =>
                      r.start(29, owner28, () =>
                        owner28.start(
                          (scope, started29) =>
                            r.run(29, r.starting(29, owner28, scope), async (scope29) => {
                              r.does(30);
                              started29(30);
                              await r.seen(31, () => scope29.sleep(5));
                              return 29;
                            }),
                          { name: "29", scope: scope28 },
                        ),
                      ),
                    );
                    r.spawn(32, () =>
                      owner28.createTask(
                        (scope) =>
                          r.run(32, scope, async () => {
                            return 32;
                          }),
                        { name: "32" },
                      ),
                    );
                    r.does(33);
                    owner28.limit = 2;
                    await r.seen(34, () => owner28.idle(scope28));
                    return 28;
                  }),
                { parent: scope0, name: "28", limit: 1 },
              ),
            );
            return 0;
          }),
        { parent: test, name: "0" },
      ),
    );
  });
  expect(trace.map(lineOf)).toEqual([
    "0: 0 does",
    "0: 0 began",
    "0: 1 does",
    "0: 1 began",
    "0: 2 does",
    "0: 2 began",
    "0: 3 does",
    "0: 5 does",
    "0: 5 began",
    "0: 7 does",
    "0: 7 began",
    "0: 8 does",
    "0: 19 does",
    "0: 19 queued",
    "0: 23 does",
    "0: 8 resumed = undefined",
    "0: 9 does",
    "0: 10 does",
    "0: 10 began",
    "0: 11 does",
    "0: 11 began",
    "0: 13 does",
    "0: 17 does",
    "1: 23 resumed = undefined",
    "1: 24 does",
    "1: 24 began",
    "1: 25 does",
    "1: 24 cancelled C24(by 25)",
    "1: 24 ended = 24",
    "1: 24 resumed = 24",
    "1: 26 does",
    "1: 1 stopping shutdown",
    "1: 1 ended = 1",
    "3: 7 cancelled C7(at 3)",
    "3: 10 cancelled C7(at 3)",
    "3: 11 cancelled C7(at 3)",
    "3: 17 resumed ! C7(at 3)",
    "3: 13 resumed ! C7(at 3)",
    "3: 14 does",
    "3: 14 began",
    "3: 15 does",
    "3: 10 ended ! C7(at 3)",
    "4: 3 resumed = undefined",
    "4: 2 ended ! E4",
    "4: 2 done ! E4",
    "4: 1 told 2 ! E4",
    "4: 19 began",
    "4: 21 does",
    "4: 19 ended = 22",
    "4: 19 done = 22",
    "5: 14 cancelled C14(at 5)",
    "5: 15 resumed ! C14(at 5)",
    "5: 14 ended ! C14(at 5)",
    "5: 14 resumed = undefined caught",
    "5: 11 ended ! E16",
    "5: 11 done ! E16",
    "5: 10 resumed ! G[E16]",
    "5: 7 ended ! G[E16]",
    "5: 7 resumed ! G[E16] expired",
    "5: 6 caught ! G[E16]",
    "5: 18 does",
    "5: 5 cancelled C1(shutdown)",
    "5: 1 cancelled C1(shutdown)",
    "5: 18 resumed ! C1(shutdown)",
    "5: 5 ended ! C1(shutdown)",
    "5: 5 done cut C1(shutdown)",
    "5: 1 resumed = 1",
    "5: 27 does",
    "5: 27 began",
    "5: 27 ended = 27",
    "5: 27 resumed = 27",
    "5: 28 does",
    "5: 28 began",
    "5: 29 does",
    "5: 29 began",
    "5: 30 does",
    "5: 31 does",
    "5: 29 resumed = 30",
    "5: 32 does",
    "5: 32 queued",
    "5: 33 does",
    "5: 32 began",
    "5: 34 does",
    "5: 32 ended = 32",
    "5: 32 done = 32",
    "10: 31 resumed = undefined",
    "10: 29 ended = 29",
    "10: 29 done",
    "10: 34 resumed = undefined",
    "10: 28 ended = 28",
    "10: 28 resumed = 28",
    "10: 0 ended = 0",
    "10: 0 resumed = 0",
  ]);
});
