import "@fontsource-variable/source-serif-4/wght.css";
import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme-without-fonts";
import { type App, h } from "vue";
import WovenMark from "./WovenMark.vue";
import "./style.css";

/** The folders beside this file may register components: the default export of each is a function that takes the app. */
const parts = import.meta.glob<(app: App) => void>("./*/index.ts", { eager: true, import: "default" });

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { "nav-bar-title-before": () => h(WovenMark) }),
  enhanceApp({ app }) {
    app.component("WovenMark", WovenMark);
    for (const register of Object.values(parts)) register(app);
  },
} satisfies Theme;
