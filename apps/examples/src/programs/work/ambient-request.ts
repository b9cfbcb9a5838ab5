import "@selvage/scope/ambient";
import { request } from "./request.js";

// What ambient.ts runs in a process of its own.
await request({
  out: (line) => {
    console.log(line);
  },
});
