import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import "./style.css";

/** Every `index.ts` in a folder beside this file may register components: it exports a function of the app as its default. */
const extensions = import.meta.glob<(app: Parameters<NonNullable<Theme["enhanceApp"]>>[0]["app"]) => void>(
  "./*/index.ts",
  { eager: true, import: "default" },
);

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    for (const register of Object.values(extensions)) register(app);
  },
} satisfies Theme;
