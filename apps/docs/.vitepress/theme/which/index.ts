import type { App } from "vue";
import AllTimelines from "./AllTimelines.vue";
import ComparisonTable from "./ComparisonTable.vue";
import TimelineChart from "./TimelineChart.vue";

/** The components of the pages below /which/. */
export default function register(app: App): void {
  app.component("AllTimelines", AllTimelines);
  app.component("ComparisonTable", ComparisonTable);
  app.component("TimelineChart", TimelineChart);
}
