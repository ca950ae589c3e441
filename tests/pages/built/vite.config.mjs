// Builds the file that ENTRY names, in this folder, into ../dist.
import path from "node:path";

const entry = process.env.ENTRY;
const { name, ext } = path.parse(entry);
const plugins = {
  ".vue": async () => [(await import("@vitejs/plugin-vue")).default()],
  ".svelte": async () => [(await import("@sveltejs/vite-plugin-svelte")).svelte()],
};
const component = ext in plugins;
const built = component ? `${name}-${ext.slice(1)}` : name;

export default {
  logLevel: "warn",
  plugins: component ? await plugins[ext]() : [],
  build: {
    outDir: "../dist",
    rollupOptions: {
      input: { [built]: component ? `mount-${ext.slice(1)}.js` : entry },
      output: { entryFileNames: "[name].js", chunkFileNames: "[name].js", assetFileNames: "[name][extname]" },
    },
  },
};
