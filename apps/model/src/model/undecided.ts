/** Thrown where a program depends on an order that leaves no trace: nothing can be said of it. */
export class Undecided extends Error {}
