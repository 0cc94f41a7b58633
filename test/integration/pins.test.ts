import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createTestSite, passphrase, type TestSite } from '../support/test-site.ts'

/** Points that are kept for ever, through the command line as it is shipped. */

describe.each(inject('pairs'))('pins with $name', (pair) => {
  let site: TestSite
  const why = 'before upgrade to 16, 100 % sure: é東🙂'

  /** Newest last. */
  const points = async (component: string) => (await site.ask('points', component)).components[0].points

  beforeAll(async () => {
    site = await createTestSite({ pair, database: true })
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
  })
  afterAll(() => site.remove())

  test('a run with a pin keeps all its points for ever, and says so wherever they are shown', async () => {
    writeFileSync(join(site.documents, 'letter.txt'), 'dear all, once more\n')
    const planned = await site.holdfast('backup', '--dry-run', '--pin', why)
    expect(planned.stdout).toContain("--tag 'holdfast-pin:before upgrade to 16%2C 100 %25 sure: é東🙂'")
    expect(planned.stdout).toContain("'--annotation=holdfast-pin=before upgrade to 16%2C 100 %25 sure: é東🙂'")
    const { run } = await site.ask('backup', '--pin', why)
    const [database, documents] = run.steps
    expect([database.pin.reason, documents.pin.reason]).toEqual([why, why])
    expect(documents.pin.keptBytes).toBe(documents.addedBytes)
    const [full, differential] = await points('database')
    // A differential keeps its full backup too.
    expect(differential.pin).toBe(why)
    expect(database.pin.keptBytes).toBe(full.addedBytes + differential.addedBytes)
    expect(full.pin).toBeUndefined()
    const [, pinned] = await points('documents')
    expect(pinned.pin).toBe(why)
    expect((await site.holdfast('points')).stdout.match(new RegExp(`★ ${why}`, 'g'))).toHaveLength(2)
    const { status } = await site.ask('status')
    expect(status.components.map((component: { pins: unknown[] }) => component.pins)).toMatchObject([
      [{ id: differential.id, reason: why, keptBytes: database.pin.keptBytes }],
      [{ id: pinned.id, reason: why }],
    ])
    // Long lines are broken where the screen ends.
    expect((await site.holdfast('status')).stdout.replaceAll(/\s+/g, ' ')).toContain(`is kept for ever: ${why}`)
    const restored = await site.ask('restore', 'documents', '--to', join(site.root, 'restored'), '--point', pinned.id)
    expect(restored.restore.pin).toBe(why)
    const steps = site.journal().filter((record) => record.type === 'step-ended')
    expect(steps.map((record) => record.result.pin?.reason)).toEqual([undefined, undefined, why, why])
  })

  test('the bare engines show it', async () => {
    const environment = { RESTIC_PASSWORD: passphrase, HOME: site.root, PATH: process.env['PATH'] ?? '' }
    const repository = ['-r', join(site.storage, 'documents'), '--no-cache', 'snapshots']
    expect(execFileSync(pair.restic, repository, { env: environment, encoding: 'utf8' })).toContain('holdfast-pin:before upgrade')
    const configuration = `--config=${join(site.root, 'site/pgbackrest/database.conf')}`
    const [, { id }] = await points('database')
    const info = [configuration, '--stanza=database', `--set=${id}`, 'info']
    expect(execFileSync(pair.pgbackrest, info, { encoding: 'utf8' })).toContain('holdfast-pin: before upgrade')
  })

  test('a point can be pinned later, for another reason, and no longer: under its new id, and in the journal', async () => {
    const [first] = await points('documents')
    const snapshot = join(site.storage, 'documents/snapshots', first.id)
    const content = readFileSync(snapshot)
    const { pin } = await site.ask('points', 'pin', 'documents', first.id.slice(0, 8), '--reason', ' the first ')
    expect(pin).toMatchObject({ component: 'documents', previousPoint: first.id, reason: 'the first' })
    expect((await points('documents'))[0]).toMatchObject({ id: pin.point, pin: 'the first' })
    // Killed between the writing of the new snapshot and the removal of the old one, restic leaves both.
    writeFileSync(snapshot, content)
    expect(await points('documents')).toHaveLength(3)
    const again = await site.holdfast('points', 'pin', 'documents', pin.point, '--reason', 'another', '--json')
    expect(again.json.pin).toMatchObject({ reason: 'another', previousReason: 'the first' })
    const undone = await site.holdfast('points', 'unpin', 'documents', again.json.pin.point)
    expect(undone.exitCode).toBe(0)
    expect(undone.stdout).toContain('is pinned no longer')
    const [last, ...others] = await points('documents')
    expect([last, ...others].map((point) => point.pin)).toEqual([undefined, why])
    expect(undone.stdout).toContain(`${last.id.slice(0, 8)} now`)
    expect((await site.ask('status')).status.components[1].pins).toHaveLength(1)
    const told = await site.holdfast('points', 'pin', 'database', (await points('database'))[0].id, '--reason', 'the base')
    expect(told.stdout).toContain('★ database')
    expect(told.stdout).toMatch(/it keeps [\d.]+ MB in the repository month after month/)
    expect((await points('database'))[0].pin).toBe('the base')
    const records = site.journal().filter(({ type }) => type === 'pinned' || type === 'unpinned')
    expect(records.map(({ type, component, reason }) => [type, component, reason])).toEqual([
      ['pinned', 'documents', 'the first'],
      ['pinned', 'documents', 'another'],
      ['unpinned', 'documents', undefined],
      ['pinned', 'database', 'the base'],
    ])
  })

  test('what cannot be pinned is refused, and nothing changes', async () => {
    const before = await points('documents')
    const refused = async (code: string, ...words: string[]) => {
      const answer = await site.holdfast(...words, '--json')
      expect([answer.exitCode, answer.json.error.code, words]).toEqual([2, code, words])
      return String(answer.json.error.message)
    }
    const id = String(before[0].id)
    await refused('point-unknown', 'points', 'pin', 'documents', 'ffffffff', '--reason', 'why')
    await refused('point-unknown', 'points', 'pin', 'documents', '', '--reason', 'why')
    await refused('usage', 'points', 'pin', 'nothing', id, '--reason', 'why')
    await refused('usage', 'points', 'pin', 'documents', id)
    await refused('usage', 'points', 'pin', 'documents', id, '--reason', '  ')
    await refused('usage', 'points', 'pin', 'documents', id, '--reason', 'two\nlines')
    expect(await refused('usage', 'points', 'pin', 'documents', id, '--reason', 'x'.repeat(5000))).toContain('200 are the most')
    expect(await refused('usage', 'points', 'unpin', 'documents', id)).toContain('is not pinned')
    await refused('usage', 'backup', '--pin', '')
    await refused('usage', 'backup', '--dry-run', '--pin', 'two\nlines')
    expect(await points('documents')).toEqual(before)
  })

  test('no component may be called as the two verbs are', async () => {
    const text = readFileSync(site.file, 'utf8')
    writeFileSync(site.file, text.replace('  documents:', '  pin:'))
    const answer = await site.holdfast('points')
    writeFileSync(site.file, text)
    expect(answer.exitCode).toBe(78)
    expect(answer.stderr).toContain('expected another name: holdfast points pin is a verb')
  })
})
