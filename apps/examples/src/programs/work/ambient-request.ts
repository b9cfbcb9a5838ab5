import "@selvage/scope/ambient";
import { request } from "./request.js";

// ambient.ts runs this in a separate process.
await request({
  out: (line) => {
    console.log(line);
  },
});
