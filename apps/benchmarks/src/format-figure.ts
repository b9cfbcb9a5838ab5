import type { Unit } from "./scenario.js";

/** A figure as a reader wants it: three digits or so, and its unit. */
export function formatFigure(figure: number, unit: Unit): string {
  switch (unit) {
    case "ns":
      if (figure < 1_000) return `${formatNumber(figure)} ns`;
      return figure < 1e6 ? `${formatNumber(figure / 1_000)} µs` : `${formatNumber(figure / 1e6)} ms`;
    case "ms":
      return `${formatNumber(figure)} ms`;
    case "bytes":
      return `${formatWhole(figure)} B`;
    case "readings":
      return formatNumber(figure);
  }
}

/** A ratio, or the number before a unit. */
export function formatNumber(figure: number): string {
  if (Math.abs(figure) < 0.0995) return figure.toPrecision(2);
  if (figure < 9.995) return figure.toFixed(2);
  return figure < 99.95 ? figure.toFixed(1) : formatWhole(figure);
}

function formatWhole(figure: number): string {
  return (Math.round(figure) + 0).toLocaleString("en"); // + 0: no -0
}
