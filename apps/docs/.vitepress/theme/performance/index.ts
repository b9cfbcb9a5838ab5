import type { App } from "vue";
import BundleSizes from "./BundleSizes.vue";

/** The components of the page on performance. */
export default function register(app: App): void {
  app.component("BundleSizes", BundleSizes);
}
