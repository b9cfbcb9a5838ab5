/** Thrown when a program depends on an order that leaves no trace, so that its result is undecided. */
export class Undecided extends Error {}
