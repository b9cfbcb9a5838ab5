import type { Programs } from "./programs.js";

/** Somebody to measure. */
export interface Contestant {
  readonly title: string;
  /** `peer`: a JavaScript library, which the goals speak of. */
  readonly kind: "platform" | "selvage" | "peer";
  /** Loads its programs: its own process loads nobody else's. */
  readonly load: () => Promise<Programs>;
}

/** Somebody in another language, measured by a program of its own. */
export interface Foreigner {
  readonly title: string;
  readonly kind: "elsewhere";
  readonly command: string;
  /** What `command` is started with, before what it is to measure. */
  readonly script: string;
  /** Prints the version, and ends well only if it can take part. */
  readonly check: readonly string[];
  readonly programs: readonly (keyof Programs)[];
}
