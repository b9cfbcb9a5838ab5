import type { Program } from "../src/program.js";

/** A program with every kind of statement. */
export const everyStatement: Program = {
  body: [
    {
      do: "supervisor",
      id: 1,
      limit: 2,
      body: [
        {
          do: "spawn",
          id: 2,
          owner: 1,
          body: [
            { do: "work", id: 3, ms: 4 },
            { do: "fail", id: 4 },
          ],
        },
        {
          do: "spawn",
          id: 5,
          owner: 1,
          body: [
            {
              do: "attempt",
              id: 6,
              everything: false,
              body: [
                {
                  do: "timeout",
                  id: 7,
                  ms: 5,
                  body: [
                    { do: "checkpoint", id: 8 },
                    { do: "move", id: 9, target: 7, ms: 3 },
                    {
                      do: "group",
                      id: 10,
                      limit: null,
                      body: [
                        {
                          do: "spawn",
                          id: 11,
                          owner: 10,
                          body: [
                            {
                              do: "try",
                              id: 12,
                              body: [{ do: "sleep", id: 13, ms: 100 }],
                              cleanup: [
                                { do: "scope", id: 14, ms: 2, shield: true, body: [{ do: "sleep", id: 15, ms: 10 }] },
                                { do: "fail", id: 16 },
                              ],
                            },
                          ],
                        },
                        { do: "await", id: 17, task: 11 },
                      ],
                    },
                  ],
                },
              ],
            },
            { do: "shutdown", id: 18, supervisor: 1, grace: 0, timeout: 10, wait: true },
          ],
        },
        {
          do: "spawn",
          id: 19,
          owner: 1,
          body: [
            { do: "attempt", id: 20, everything: true, body: [{ do: "check", id: 21 }] },
            { do: "return", id: 22 },
          ],
        },
        { do: "sleep", id: 23, ms: 1, signal: true },
        { do: "moveOnAfter", id: 24, ms: 6, body: [{ do: "cancel", id: 25, target: 24 }] },
        { do: "shutdown", id: 26, supervisor: 1, grace: 100, timeout: null, wait: false },
      ],
    },
    { do: "scope", id: 27, ms: null, shield: false, signal: true, body: [] },
    {
      do: "group",
      id: 28,
      limit: 1,
      body: [
        {
          do: "start",
          id: 29,
          owner: 28,
          scoped: true,
          body: [
            { do: "started", id: 30, task: 29 },
            { do: "sleep", id: 31, ms: 5 },
          ],
        },
        { do: "spawn", id: 32, owner: 28, body: [] },
        { do: "limit", id: 33, owner: 28, limit: 2 },
        { do: "idle", id: 34, owner: 28 },
      ],
    },
  ],
};
