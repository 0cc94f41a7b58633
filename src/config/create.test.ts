import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { createConfiguration } from './create.ts'
import type { Draft } from './draft.ts'
import { loadSite } from './load.ts'
import { thisMachine } from '../../test/support/this-machine.ts'

const draft: Draft = {
  site: 'pi-hosting',
  timeZone: 'Australia/Perth',
  storage: { kind: 'directory', path: '/mnt/backup' },
  components: [{ kind: 'files', name: 'documents', paths: ['/srv/documents'] }],
}

const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('a new configuration', () => {
  test('closes the secrets folder that it makes to others', async () => {
    const folder = temporaryFolder()
    const { passphrase } = await createConfiguration(join(folder, 'holdfast.yaml'), draft, thisMachine)
    expect(passphrase).toHaveLength(43)
    expect(modeOf(join(folder, 'secrets'))).toBe(0o700)
    expect(modeOf(join(folder, 'secrets/restic.key'))).toBe(0o600)
  })

  test('leaves a secrets folder that was there before as open as it is', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'secrets'))
    chmodSync(join(folder, 'secrets'), 0o755)
    await createConfiguration(join(folder, 'holdfast.yaml'), draft, thisMachine)
    expect(modeOf(join(folder, 'secrets'))).toBe(0o755)
  })

  test('has a template for the address of Discord when it is asked for, and a configuration that names it', async () => {
    const folder = temporaryFolder()
    const { written } = await createConfiguration(join(folder, 'holdfast.yaml'), { ...draft, discord: true }, thisMachine)
    expect(written).toContain(join(folder, 'secrets/discord.env'))
    expect(modeOf(join(folder, 'secrets/discord.env'))).toBe(0o600)
    const { notify } = await loadSite(join(folder, 'holdfast.yaml'), thisMachine)
    expect(notify).toMatchObject([{ kind: 'discord', name: undefined }])
  })

  test('uses the passphrase that is there', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'secrets'))
    writeFileSync(join(folder, 'secrets/restic.key'), 'correct horse battery staple\n', { mode: 0o600 })
    const { passphrase, written } = await createConfiguration(join(folder, 'holdfast.yaml'), draft, thisMachine)
    expect(passphrase).toBeUndefined()
    expect(written).not.toContain(join(folder, 'secrets/restic.key'))
  })

  test.each([
    ['readable by others', 'correct horse battery staple\n', 0o644, /chmod 600/],
    ['too short', 'short\n', 0o600, /at least 12 characters/],
  ])(
    'is refused with the remedy when the passphrase that is there is %s, before anything is written',
    async (_how, text, mode, hint) => {
      const folder = temporaryFolder()
      const file = join(folder, 'holdfast.yaml')
      mkdirSync(join(folder, 'secrets'))
      writeFileSync(join(folder, 'secrets/restic.key'), text)
      chmodSync(join(folder, 'secrets/restic.key'), mode)
      const failure = await failureOf(() => createConfiguration(file, draft, thisMachine))
      expect(failure.code).toBe('secret')
      expect(failure.hint).toMatch(hint)
      expect(existsSync(file)).toBe(false)
      expect(readdirSync(folder)).toEqual(['secrets'])
    },
  )
})
