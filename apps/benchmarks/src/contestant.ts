import type { Programs } from "./programs.js";

/** A contestant in JavaScript. */
export interface Contestant {
  readonly title: string;
  /** `peer`: a JavaScript library with which goals compare. */
  readonly kind: "platform" | "selvage" | "peer";
  /** Loads its programs. Each process loads those of one contestant. */
  readonly load: () => Promise<Programs>;
}

/** A contestant in another language, measured by a program in that language. */
export interface Foreigner {
  readonly title: string;
  readonly kind: "elsewhere";
  readonly programs: readonly (keyof Programs)[];
  /** Finds, and where needed compiles, its program; returns `undefined` where its tools are not installed. */
  readonly prepare: () => Promise<Ready | undefined>;
}

/** A program that is ready to measure. */
export interface Ready {
  /** The version of what it measures. */
  readonly version: string;
  readonly command: string;
  /** What `command` is started with, before what it should measure. */
  readonly args: readonly string[];
  readonly dispose?: () => Promise<void>;
}
