// Bundles src/cli into dist/. What a start costs is mostly code that is read and compiled, so there are two bundles:
// holdfast.js is main.ts in one file, enough for the plainest calls; program.js is everything, split so that a verb loads only
// what it uses.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const dist = fileURLToPath(new URL('../dist/', import.meta.url))

const shared = { platform: 'node', target: 'node20.19', minifySyntax: true, legalComments: 'none', logLevel: 'warning' }
// Node starts CommonJS with a tenth less of CPU than ES modules (docs/benchmark.md).
const commonJs = { format: 'cjs', supported: { 'dynamic-import': false }, minifyWhitespace: true }

const program = await build({
  ...shared,
  entryPoints: { program: 'src/cli/program.ts' },
  outdir: dist,
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  chunkNames: 'chunks/[name]-[hash]',
  // Its build as ES modules, of which the bundler leaves out what isn't used.
  alias: { yaml: fileURLToPath(new URL('../node_modules/yaml/browser/index.js', import.meta.url)) },
  define: { HOLDFAST_VERSION: JSON.stringify(version) },
})

// Which code this is: program.js names its chunks, and their names hold the hashes of what is in them.
const entry = program.outputFiles.find(({ path }) => path === `${dist}program.js`)
const define = { HOLDFAST_VERSION: JSON.stringify(version), HOLDFAST_BUILD: JSON.stringify(`${version} ${entry.hash}`) }

rmSync(dist, { recursive: true, force: true })
await build({
  ...shared,
  ...commonJs,
  entryPoints: { holdfast: 'src/cli/main.ts' },
  outdir: dist,
  bundle: true,
  define,
  plugins: [
    {
      name: 'program stays outside',
      setup: (bundler) => bundler.onResolve({ filter: /\/program\.ts$/ }, () => ({ path: './program.js', external: true })),
    },
  ],
})
chmodSync(`${dist}holdfast.js`, 0o755)

// esbuild splits ES modules alone: so split first, then convert each file.
for (const { path, text } of program.outputFiles) {
  const { code } = await transform(text, { ...shared, ...commonJs, define })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, code)
}
writeFileSync(`${dist}package.json`, '{ "type": "commonjs" }\n')
