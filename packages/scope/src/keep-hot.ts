const instances: unknown[] = [];

/**
 * Keeps one instance of a hot class alive. A full garbage collection that finds none lets V8 drop the class's hidden class, and deoptimise
 * every function that knows it: starting a thousand tasks then takes six times as long.
 */
export function keepHot(instance: unknown): void {
  instances.push(instance);
}
