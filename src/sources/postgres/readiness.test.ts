import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createFakePostgres } from '../../../test/support/fake-postgres.ts'
import { failureOf } from '../../../test/support/failure.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import type { PostgresSource } from '../../domain/site.ts'
import type { ServerFacts } from './port.ts'
import { refuseUnready } from './readiness.ts'

const data = mkdtempSync(join(tmpdir(), 'holdfast-unit-'))
afterAll(() => rmSync(data, { recursive: true }))
const container = { name: 'db', runtime: undefined, user: 'postgres', findsData: false }
const facts: ServerFacts = { ...(await createFakePostgres().facts()), dataDirectory: data }

async function refusal(changed: Partial<ServerFacts>, source: Partial<PostgresSource> = {}) {
  return failureOf(() => refuseUnready({ dataDirectory: data, ...source } as PostgresSource, { ...facts, ...changed }))
}

test('a server that archives is ready, also where its data directory is named by a link', () => {
  expect(() => refuseUnready({ dataDirectory: data } as PostgresSource, facts)).not.toThrow()
  const link = join(temporaryFolder(), 'link')
  symlinkSync(data, link)
  expect(() => refuseUnready({ dataDirectory: link } as PostgresSource, facts)).not.toThrow()
})

test('the paths of a container are compared as they are written, or not at all where it finds its data', async () => {
  const inside = { dataDirectory: '/var/lib/postgresql/data' }
  expect(() => refuseUnready({ ...inside, container } as PostgresSource, { ...facts, ...inside })).not.toThrow()
  expect(() => refuseUnready({ ...inside, container: { ...container, findsData: true } } as PostgresSource, facts)).not.toThrow()
  expect((await refusal({}, { ...inside, container })).code).toBe('postgres-mismatch')
})

test.each<[what: string, code: string, hint: RegExp, changed: Partial<ServerFacts>]>([
  ['lives elsewhere', 'postgres-mismatch', /dataDirectory/, { dataDirectory: '/tmp' }],
  ['is in recovery', 'postgres-in-recovery', /primary/, { inRecovery: true }],
  ['does not archive', 'archive-failing', /setup plan/, { archiveMode: 'off' }],
  ['archives elsewhere', 'archive-failing', /setup plan/, { archiveCommand: 'cp %p /mnt' }],
  ['waits for a restart', 'archive-failing', /restart/, { archiveMode: 'off', pendingRestart: ['archive_mode'] }],
])('a server that %s is refused', async (_what, code, hint, changed) => {
  const error = await refusal(changed)
  expect(error.code).toBe(code)
  expect(error.hint).toMatch(hint)
})
