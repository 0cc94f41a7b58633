import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The program is several bundles (scripts/build.mjs). What one of them throws is understood by each of the others. */

const dist = join(import.meta.dirname, '../../dist')
const hook = join(import.meta.dirname, '../support/cross-bundles.mjs')
const secret = 'correct-horse-battery'

/** What each bundle throws by itself, in words that hold a secret. */
const thrown = {
  holdfast: {
    ...{ code: 'journal-unreadable', exitCode: 4, hint: /owner and mode/ },
    message: /\[redacted\].*\/journal\/2026-01\.jsonl cannot be read/,
  },
  watch: { code: 'interrupted', exitCode: 130, hint: /^$/, message: /stopped by \[redacted\]$/ },
  program: {
    ...{ code: 'configuration', exitCode: 78, hint: /^holdfast init writes one/ },
    message: /there is no configuration at .*\[redacted\]/,
  },
} as const

type Bundle = keyof typeof thrown

function run(folder: string, options: readonly string[], seam: Readonly<Record<string, string>>, words: readonly string[]) {
  return spawnSync(process.execPath, [...options, join(dist, 'holdfast.js'), ...words], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOLDFAST_CONFIG: join(folder, 'holdfast.yaml'),
      ...{ HOLDFAST_STATE_DIR: join(folder, 'state'), HOLDFAST_CACHE_DIR: join(folder, 'cache') },
      HOLDFAST_RUNTIME_DIR: join(folder, 'run'),
      ...seam,
    },
  })
}

/** A watch in which one bundle throws, and another one catches it. */
function crossing(from: Bundle, to: Bundle) {
  const folder = join(temporaryFolder(), secret)
  mkdirSync(join(folder, 'documents'), { recursive: true })
  const lines = [
    'site: bundles',
    `storage: { directory: ${join(folder, 'storage')} }`,
    'components:',
    `  documents: { files: { paths: [${join(folder, 'documents')}] } }`,
  ]
  writeFileSync(join(folder, 'holdfast.yaml'), lines.join('\n'))
  // From now on the configuration is remembered, and a watch begins without the program.
  run(folder, [], {}, ['status'])
  const secrets = JSON.stringify([secret, 'SIGTERM'])
  const seam = { THROWN_BY: from, CAUGHT_BY: to, DIST: dist, SECRETS: secrets, NOWHERE: join(folder, 'nowhere') }
  return run(folder, ['--import', hook], seam, ['watch', '--json'])
}

describe('an error that is thrown by one bundle and caught by another', () => {
  test.each<[Bundle, Bundle]>([
    ['holdfast', 'program'],
    ['watch', 'holdfast'],
    ['watch', 'program'],
    ['program', 'holdfast'],
  ])('keeps its code, exit code and hint, and shows no secret: %s to %s', (from, to) => {
    const { stdout, stderr, status } = crossing(from, to)
    const { error } = JSON.parse(stderr)
    const { code, exitCode, message, hint } = thrown[from]
    expect(error).toMatchObject({ code, exitCode, message: expect.stringMatching(message) })
    expect(error.hint ?? '').toMatch(hint)
    expect(status).toBe(exitCode)
    expect(stdout + stderr).not.toContain(secret)
  })

  test.each<[Bundle]>([['holdfast'], ['program']])(
    'keeps its hint where a watch goes on, and shows no secret: %s to watch',
    (from) => {
      const { stdout, stderr } = crossing(from, 'watch')
      const { checks } = JSON.parse(stdout).watch
      const { message, hint } = thrown[from]
      expect(checks.find(({ kind }: { kind: string }) => kind === 'journal').error).toMatchObject({
        ...{ code: 'journal-unreadable', message: expect.stringMatching(message), hint: expect.stringMatching(hint) },
      })
      expect(stdout + stderr).not.toContain(secret)
    },
  )

  test('is of one class, which all bundles and chunks take from one file', () => {
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
    const filesWith = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(join(dist, file), 'utf8')))
    expect(filesWith(/Symbol\.for\("holdfast\.error"\)|class HoldfastError\b/)).toEqual(['shared.js'])
    const taking = filesWith(/require\("\.{1,2}\/shared\.js"\)/)
    expect(taking).toEqual(expect.arrayContaining(['holdfast.js', 'watch.js']))
    expect(filesWith(/\bHoldfastError\b/).filter((file) => !taking.includes(file))).toEqual(['shared.js'])
  })
})
