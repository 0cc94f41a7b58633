import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createTestSite, type TestSite } from '../support/test-site.ts'

/** One site, and a second machine that believes it is the same: never do both write to the repositories. */

const pairs = inject('pairs')
const [pair, newer] = pairs as [(typeof pairs)[number], (typeof pairs)[number]]

describe.each([
  { where: 'a directory', engines: pair, s3: undefined },
  { where: 'S3', engines: newer, s3: inject('s3') },
])('two machines on $where', ({ engines, s3 }) => {
  let site: TestSite
  let copied: string
  const elsewhere = { HOLDFAST_STATE_DIR: '' }

  beforeAll(async () => {
    site = await createTestSite({ pair: engines, ...(s3 === undefined ? {} : { s3 }) })
    copied = join(site.root, 'copied-state')
  })
  afterAll(() => site.remove())

  test('a new site is taken by its first machine, which leaves a recovery kit with every run', async () => {
    const plan = await site.ask('setup', 'plan')
    const actions = plan.items.map((item: { action: string; subject: string }) => `${item.action} ${item.subject}`)
    expect(actions).toContain(`take the lease of ${site.name}`)
    expect(actions.join('\n')).toMatch(/create restic repository .*\/recovery-kit/)
    await site.ask('setup', 'apply', '--yes')
    const { run } = await site.ask('backup')
    expect(run).toMatchObject({ outcome: 'done', kit: { point: expect.any(String) } })
    cpSync(join(site.root, 'state'), copied, { recursive: true })
    expect((await site.ask('backup')).run.outcome).toBe('done')
  })

  test.each(['a copy of it', 'a machine that has never been it'])('%s is refused before it writes anything', async (which) => {
    elsewhere.HOLDFAST_STATE_DIR = which === 'a copy of it' ? copied : join(site.root, 'another-state')
    const before = await site.ask('points')
    for (const verb of [['backup'], ['setup', 'plan'], ['setup', 'apply', '--yes']]) {
      const answer = await site.startAs(elsewhere, ...verb).ended
      expect([answer.exitCode, answer.text]).toEqual([11, expect.stringContaining('holdfast recover --take-over')])
    }
    const { components } = await site.ask('points')
    expect(components[0].points).toEqual(before.components[0].points)
    expect((await site.startAs(elsewhere, 'points', '--json').ended).exitCode).toBe(0)
  })
})

test('a kit holds the configuration and what a new machine must know, and no secret', async () => {
  const site = await createTestSite({ pair })
  try {
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    const kit = join(site.root, 'state', site.name, 'kit')
    expect(readdirSync(kit).toSorted()).toEqual(expect.arrayContaining(['holdfast.yaml', 'kit.json']))
    expect(readFileSync(join(kit, 'holdfast.yaml'), 'utf8')).toBe(readFileSync(site.file, 'utf8'))
    const manifest = JSON.parse(readFileSync(join(kit, 'kit.json'), 'utf8'))
    expect(manifest).toMatchObject({
      format: 1,
      site: site.name,
      versions: { restic: pair.versions.restic, node: process.version },
      components: [{ name: 'documents', engine: 'restic', paths: [site.documents], newest: { id: expect.any(String) } }],
    })
    const secret = readFileSync(join(site.root, 'site/secrets/restic.key'), 'utf8').trim()
    for (const name of readdirSync(kit)) expect(readFileSync(join(kit, name), 'utf8')).not.toContain(secret)
    // A kit that can't be written is the run's own error; what was backed up stays backed up.
    rmSync(join(site.storage, 'recovery-kit'), { recursive: true })
    const answer = await site.holdfast('backup', '--json')
    expect(answer.exitCode).toBe(3)
    expect(answer.json.run).toMatchObject({
      outcome: 'partial',
      steps: [{ outcome: 'done' }],
      errors: [{ code: 'repository-missing', message: expect.stringMatching(/^the recovery kit was not refreshed: /) }],
    })
    await site.ask('setup', 'apply', '--yes')
    writeFileSync(join(site.documents, 'more'), 'more\n')
    expect((await site.ask('backup')).run.outcome).toBe('done')
    expect(existsSync(join(site.storage, 'recovery-kit/config'))).toBe(true)
  } finally {
    await site.remove()
  }
})
