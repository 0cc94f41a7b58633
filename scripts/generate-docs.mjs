// Writes the documents that are made from the code. test/house/documents.test.ts fails when one of them is out of date.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = new URL('..', import.meta.url)
// Node 20 doesn't read TypeScript by itself, so it is bundled first; yaml is CommonJS inside and wants a require().
const { outputFiles } = await build({
  absWorkingDir: fileURLToPath(root),
  entryPoints: ['scripts/documents.ts'],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('file:///');" },
  logLevel: 'warning',
})
const { generatedDocuments } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
)
for (const [path, text] of Object.entries(generatedDocuments())) {
  writeFileSync(new URL(path, root), text)
  process.stdout.write(`${path}\n`)
}
