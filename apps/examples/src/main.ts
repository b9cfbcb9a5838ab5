import { start } from "./cli.js";

process.exitCode = await start(process.argv.slice(2), {
  out: (line) => {
    console.log(line);
  },
  complain: (line) => {
    console.error(line);
  },
});
