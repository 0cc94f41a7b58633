import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { mountDead } from '../support/dead-mount.ts'
import { createTestSite, type TestSite } from '../support/test-site.ts'

/** File systems that do not answer, in the way that no signal ends. Each question takes its thirty seconds, and no more. */

const pairs = inject('pairs')
const [pair] = pairs as [(typeof pairs)[number]]

async function siteOn(files: (root: string) => Record<string, readonly string[]>): Promise<TestSite> {
  const site = await createTestSite({ pair })
  onTestFinished(() => site.remove())
  const components = Object.entries(files(site.root)).map(([name, paths]) => [name, { files: { paths } }])
  site.configure({ components: Object.fromEntries(components) })
  return site
}

test('a source that does not answer fails its own step, and none of the others', async () => {
  const site = await siteOn((root) => ({ documents: [join(root, 'documents')], nas: [join(root, 'nas')] }))
  await site.ask('setup', 'apply', '--yes')
  const mount = mountDead(join(site.root, 'nas'), 'stuck')
  onTestFinished(() => mount.end())
  const answer = await site.holdfast('backup', '--json')
  expect(answer.exitCode).toBe(3)
  expect(answer.json.run.steps).toMatchObject([
    { component: 'documents', outcome: 'done' },
    { component: 'nas', outcome: 'failed', errors: [{ code: 'timeout' }] },
  ])
})

test('a storage that does not answer is told by a backup and by a watch', async () => {
  const site = await siteOn((root) => ({ documents: [join(root, 'documents')] }))
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  const mount = mountDead(site.storage, 'stuck')
  onTestFinished(() => mount.end())
  const answer = await site.holdfast('backup')
  expect(answer.exitCode).not.toBe(0)
  expect(answer.text).toContain(`${site.storage} does not answer`)
  const { watch } = (await site.holdfast('watch', '--json')).json
  const [check] = watch.checks.filter(({ kind }: { kind: string }) => kind === 'storage-disk')
  expect(check).toMatchObject({ error: { code: 'storage-unreachable' } })
})
