import { existsSync, lstatSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts'
import { completeConfiguration } from './configuration.ts'

test('the missing configuration of a restored cluster is added, closed to others', () => {
  const folder = temporaryFolder()
  completeConfiguration(folder)
  for (const name of ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']) {
    expect(lstatSync(join(folder, name)).mode & 0o777).toBe(0o600)
  }
  expect(readFileSync(join(folder, 'pg_hba.conf'), 'utf8')).toContain('local all all peer')
})

test('nothing is written through a link that stands in its place, even one that leads nowhere yet', () => {
  const folder = temporaryFolder()
  const elsewhere = join(temporaryFolder(), 'planted')
  symlinkSync(elsewhere, join(folder, 'postgresql.conf'))
  completeConfiguration(folder)
  expect(existsSync(elsewhere)).toBe(false)
  expect(readlinkSync(join(folder, 'postgresql.conf'))).toBe(elsewhere)
  expect(existsSync(join(folder, 'pg_hba.conf'))).toBe(true)
})
