// Bundles src/cli into dist/. What a start costs is mostly code that is found, read and compiled, so there are three bundles:
// holdfast.js is main.ts in one file, enough for the plainest calls; watch.js is one file too, because it is started every few
// minutes; program.js is everything, split so that a verb loads only what it uses. What a process must have once, whichever
// bundles it loads, is in none of them: shared.js.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = resolve(root, 'dist')
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))

/** An error's class is one only if it is made once, and what one bundle paints another one prints. */
const sharedModules = ['src/domain/errors.ts', 'src/cli/output/terminal.ts']
const sharedOutside = {
  name: 'shared modules stay outside',
  setup: (bundler) =>
    bundler.onResolve({ filter: /\/(errors|terminal)\.ts$/ }, ({ path, resolveDir }) =>
      sharedModules.some((file) => resolve(root, file) === resolve(resolveDir, path))
        ? { path: './shared.js', external: true, sideEffects: false }
        : undefined,
    ),
}

const usual = { platform: 'node', target: 'node20.19', minifySyntax: true, legalComments: 'none', logLevel: 'warning' }
// Node starts CommonJS with a tenth less of CPU than ES modules (docs/benchmark.md).
const commonJs = { format: 'cjs', supported: { 'dynamic-import': false }, minifyWhitespace: true }
const split = {
  ...usual,
  absWorkingDir: root,
  entryPoints: { program: 'src/cli/program.ts' },
  outdir: dist,
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  chunkNames: 'chunks/[name]-[hash]',
  // Its build as ES modules, of which the bundler leaves out what isn't used.
  alias: { yaml: resolve(root, 'node_modules/yaml/browser/index.js') },
  define: { HOLDFAST_VERSION: JSON.stringify(version) },
}

/**
 * esbuild splits what several verbs need off into thirty small files, and each costs a third of a millisecond of CPU to find and
 * open. As long as everything that is loaded later begins with program.ts, all that a backup needs stays in one file.
 */
const [first] = Object.values(split.entryPoints)
const { metafile } = await build({ ...split, metafile: true, plugins: [sharedOutside] })
const loadedLater = Object.values(metafile.outputs).flatMap(({ entryPoint = first }) => (entryPoint === first ? [] : entryPoint))
const oneFileForAll = {
  name: 'one file for all that is needed at once',
  setup: (bundler) =>
    bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!loadedLater.some((file) => resolve(root, file) === path)) return undefined
      const contents = `${readFileSync(path, 'utf8')}\nimport ${JSON.stringify(resolve(root, first))}\n`
      return { contents, loader: 'ts' }
    }),
}
const program = await build({ ...split, plugins: [sharedOutside, oneFileForAll] })

const whole = { ...usual, ...commonJs, absWorkingDir: root, outdir: dist, bundle: true }
const everythingShared = sharedModules.map((file) => `export * from './${file}'`).join('\n')
const stdin = { contents: everythingShared, resolveDir: root }
const shared = await build({ ...whole, stdin, entryNames: 'shared', write: false })

// Which code this is: program.js names its chunks, and their names hold the hashes of what is in them.
const entry = program.outputFiles.find(({ path }) => path === resolve(dist, 'program.js'))
const hashes = `${entry.hash} ${shared.outputFiles[0].hash}`
const define = { HOLDFAST_VERSION: JSON.stringify(version), HOLDFAST_BUILD: JSON.stringify(`${version} ${hashes}`) }

/** What is loaded only when it is needed is a file of its own. */
const staysOutside = (name, file) => ({
  name: `${name} stays outside`,
  setup: (bundler) =>
    bundler.onResolve({ filter: new RegExp(`/${name}\\.ts$`) }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: `./${file}`, external: true } : undefined,
    ),
})
rmSync(dist, { recursive: true, force: true })
await build({
  ...whole,
  define,
  entryPoints: { holdfast: 'src/cli/main.ts', watch: 'src/cli/show-watch.ts' },
  plugins: [sharedOutside, staysOutside('program', 'program.js'), staysOutside('show-watch', 'watch.js')],
})
chmodSync(resolve(dist, 'holdfast.js'), 0o755)

// esbuild splits ES modules alone: so split first, then convert each file.
for (const { path, text } of program.outputFiles) {
  const sharedFrom = dirname(path) === dist ? './shared.js' : `${relative(dirname(path), dist)}/shared.js`
  const { code } = await transform(text.replaceAll('"./shared.js"', JSON.stringify(sharedFrom)), {
    ...usual,
    ...commonJs,
    define,
  })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, code)
}
writeFileSync(resolve(dist, 'shared.js'), shared.outputFiles[0].contents)
writeFileSync(resolve(dist, 'package.json'), '{ "type": "commonjs" }\n')
