// Bundles src/cli/main.ts into dist/, split so that a verb loads only what it uses.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const dist = fileURLToPath(new URL('../dist/', import.meta.url))

const { outputFiles } = await build({
  entryPoints: { holdfast: 'src/cli/main.ts' },
  outdir: dist,
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
  define: { HOLDFAST_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
})

// esbuild splits ES modules alone, but Node starts CommonJS with a tenth less of CPU (docs/benchmark.md): so split first, then
// convert each file.
rmSync(dist, { recursive: true, force: true })
for (const { path, text } of outputFiles) {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
  })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, code, { mode: text.startsWith('#!') ? 0o755 : 0o644 })
}
writeFileSync(`${dist}package.json`, '{ "type": "commonjs" }\n')
