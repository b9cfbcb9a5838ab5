import { start } from "./cli.js";
import { listing } from "./listing.js";

process.exitCode = await start(process.argv.slice(2), listing, {
  out: (line) => {
    console.log(line);
  },
  complain: (line) => {
    console.error(line);
  },
});
