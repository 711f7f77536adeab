import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('.', import.meta.url))
// SCREENS=wall,desk builds only those, for work on one of them.
const wanted = process.env['SCREENS']?.split(',')
const screens = readdirSync(root).filter(
  (name) => name.endsWith('.html') && (wanted?.includes(name.slice(0, -5)) ?? true),
)

export default defineConfig({
  root,
  plugins: [vue()],
  resolve: { alias: { '@office': `${root}src/office`, '@shared': `${root}src/shared` } },
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: '../static',
    emptyOutDir: true,
    // The oldest browser met in township offices is a Chromium of early 2022.
    target: 'chrome100',
    // The pages are served under a content security policy of 'self': nothing inline, no data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: Object.fromEntries(screens.map((name) => [name.slice(0, -5), root + name])) },
  },
  // One environment for all of a thread's files: each puts back what it changes.
  test: { environment: 'happy-dom', pool: 'threads', isolate: false, restoreMocks: true, include: ['src/**/*.test.ts'] },
})
