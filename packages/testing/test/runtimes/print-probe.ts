/** Prints what the probe found, on a runtime that may lack what its command line names. */
for (const name of process.argv.slice(2)) Reflect.deleteProperty(globalThis, name);
const { probe } = await import("./probe.js");
console.log(JSON.stringify(await probe()));
