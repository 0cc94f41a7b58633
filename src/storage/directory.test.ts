import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { createDirectoryStorage } from './directory.ts'
import { thisMachine } from '../../test/support/this-machine.ts'

const check = (path: string) => createDirectoryStorage(path, 'pi-hosting', thisMachine).check(new AbortController().signal)

describe('a storage that is a folder', () => {
  test('is good when it is there and can be written', async () => {
    expect(await check(temporaryFolder())).toBeUndefined()
  })

  test('is missing when its disk is not mounted, and is never made by itself', async () => {
    const path = join(temporaryFolder(), 'disk')
    for (let time = 0; time < 2; time += 1) {
      expect(await failureOf(() => check(path))).toMatchObject({
        code: 'repository-missing',
        message: `the storage ${path} does not exist`,
        hint: 'is the disk mounted? For a new storage: holdfast setup apply',
      })
    }
  })

  test('is an error of the configuration when it is a file', async () => {
    const path = join(temporaryFolder(), 'file')
    writeFileSync(path, '')
    expect(await failureOf(() => check(path))).toMatchObject({
      code: 'configuration',
      message: `the storage ${path} is not a folder`,
      hint: 'correct storage.directory',
    })
  })

  test('is denied when it cannot be looked at', async () => {
    const path = join(temporaryFolder(), 'x'.repeat(300))
    expect((await failureOf(() => check(path))).code).toBe('storage-denied')
  })
})
