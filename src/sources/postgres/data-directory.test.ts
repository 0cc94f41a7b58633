import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failureOf } from '../../../test/support/failure.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { locateHere } from './data-directory.ts'

const located = (dataDirectory: string, port?: number) => locateHere({ dataDirectory, port, socketDirectory: undefined })

test('what is no data directory is named with the reason, and no word of Node’s', async () => {
  const folder = temporaryFolder()
  const missing = await failureOf(() => located(join(folder, 'none')))
  expect(missing).toMatchObject({
    code: 'source-missing',
    message: `${folder}/none is not a PostgreSQL data directory: it does not exist`,
  })
  const empty = await failureOf(() => located(folder))
  expect(empty.message).toBe(`${folder} is not a PostgreSQL data directory: it has no file PG_VERSION`)
  writeFileSync(join(folder, 'file'), '')
  const file = await failureOf(() => located(join(folder, 'file')))
  expect(file.message).toBe(`${folder}/file is not a PostgreSQL data directory: a part of its path is not a folder`)
})

test('a server is found by its own note, and what the configuration says wins', async () => {
  const data = join(temporaryFolder(), 'data')
  mkdirSync(data)
  writeFileSync(join(data, 'PG_VERSION'), '15\n')
  expect(await failureOf(() => located(data))).toMatchObject({ code: 'postgres-down', message: `no PostgreSQL runs in ${data}` })
  writeFileSync(join(data, 'postmaster.pid'), ['4711', data, '1769400000', '5433', '/run/postgresql', ''].join('\n'))
  expect(located(data)).toEqual({ port: 5433, socketDirectory: '/run/postgresql', owner: undefined })
  expect(located(data, 6000)).toMatchObject({ port: 6000, socketDirectory: '/run/postgresql' })
})
