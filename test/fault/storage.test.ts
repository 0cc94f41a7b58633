import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { makeAuthority, makeCertificate } from '../../src/demo/certificates.ts'
import { startRadosGateway, type RadosGateway } from '../../src/demo/rados-gateway.ts'
import { processOf } from '../support/processes.ts'
import { createTestSite, writeSecret, type TestSite, type TestSiteOptions } from '../support/test-site.ts'

/** A storage in trouble: told precisely, with a hint and an exit code, and nothing of what was there is lost. */

const pairs = inject('pairs')
type Pair = (typeof pairs)[number]
const [pair, newer] = pairs as [Pair, Pair]
const s3 = inject('s3')

async function siteFor(options: Omit<TestSiteOptions, 'pair'> & Partial<TestSiteOptions>): Promise<TestSite> {
  const site = await createTestSite({ pair, ...options })
  onTestFinished(() => site.remove())
  return site
}

describe('an S3 server that goes away', () => {
  let root: string
  let server: RadosGateway

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'holdfast-s3-'))
    execFileSync('chmod', ['755', root])
    server = await startRadosGateway({ root: join(root, 'server') })
    await server.createBucket('bucket')
  })
  afterAll(async () => {
    await server.stop()
    rmSync(root, { recursive: true, force: true })
  })

  // Each engine waits for a storage in its own way: restic’s newer release here, pgBackRest’s older one below.
  test('in the middle of a run: an error after the site’s patience, and good again with the server', async () => {
    const site = await siteFor({ pair: newer, s3: { ...server, bucket: 'bucket' }, database: true })
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    writeFileSync(join(site.documents, 'large'), randomBytes(200_000_000))
    const running = site.start('backup', '--json')
    await processOf(running, newer.restic, ' backup ', site.root)
    await server.stopGateway()
    try {
      const answer = await running.ended
      expect(answer.exitCode).toBe(3)
      const [database, documents] = answer.json.run.steps
      expect(database.outcome).toBe('done')
      expect(documents).toMatchObject({ outcome: 'failed', errors: [{ code: 'storage-unreachable' }] })
      const before = await site.holdfast('backup', 'documents')
      expect(before.exitCode).toBe(3)
      expect(before.text).toContain('does not answer')
      expect(before.text).toContain('check the network and storage.s3.endpoint')
    } finally {
      await server.startGateway()
    }
    expect((await site.ask('backup')).run.outcome).toBe('done')
  })

  test('in the middle of a database: the same, and its earlier point stays', async () => {
    const site = await siteFor({ s3: { ...server, bucket: 'bucket' }, database: true, files: {} })
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    await site.cluster.query(
      'CREATE TABLE bulk AS SELECT n, md5(n::text) || md5((n * 7)::text) AS text FROM generate_series(1, 600000) n',
    )
    const running = site.start('backup', '--json')
    await processOf(running, pair.pgbackrest, site.root, ' backup')
    await server.stopGateway()
    try {
      const answer = await running.ended
      expect(answer.exitCode).toBe(3)
      expect(answer.json.run.steps[0]).toMatchObject({ outcome: 'failed', errors: [{ code: 'storage-unreachable' }] })
    } finally {
      await server.startGateway()
    }
    expect((await site.ask('backup')).run.outcome).toBe('done')
    expect((await site.ask('points')).components[0].points).toHaveLength(2)
  })

  test('an expired certificate is named as that, and nothing is sent to it', async () => {
    const certificate = await makeCertificate({ directory: join(root, 'expired'), authority: server.authority, expired: true })
    const requests: string[] = []
    const expired = createServer(
      { cert: readFileSync(certificate.certificateFile), key: readFileSync(certificate.keyFile) },
      (request, response) => {
        requests.push(request.url ?? '')
        response.end()
      },
    )
    const endpoint = await listen(expired)
    const site = await siteFor({ s3: { ...server, endpoint, bucket: 'bucket' } })
    const answer = await site.holdfast('backup')
    expect(answer.text).toMatch(/the certificate of localhost:\d+ has expired/)
    expect(answer.text).toContain('timedatectl')
    expect(answer.exitCode).toBe(3)
    expect(requests).toEqual([])
  })
})

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  onTestFinished(() => void server.close())
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

describe('wrong words for S3', () => {
  test.each([
    ['the secret key', { secretAccessKey: 'x'.repeat(40) }, /the storage says the secret key is wrong/, 3],
    ['the access key', { accessKeyId: 'NOBODYKNOWSTHISKEY00' }, /the storage does not know the access key/, 3],
    ['the bucket', { bucket: 'no-such-bucket' }, /the bucket no-such-bucket does not exist/, 10],
    ['the port', { endpoint: 'https://localhost:1' }, /localhost:1 does not answer/, 3],
  ])('%s is named, with a hint', async (_what, wrong, message, exitCode) => {
    const site = await siteFor({ s3: { ...s3, ...wrong } })
    const answer = await site.holdfast('backup')
    expect(answer.text).toMatch(message)
    expect(answer.exitCode).toBe(exitCode)
    expect(answer.text).not.toContain(s3.secretAccessKey)
    const [step] = (await site.holdfast('backup', '--json')).json.run.steps
    expect(step.errors[0].hint).not.toBe('')
    const plan = await site.holdfast('setup', 'plan')
    expect(plan.text).toMatch(message)
  })

  test('a certificate of an unknown authority is not trusted', async () => {
    const site = await siteFor({ s3 })
    site.configure({ storage: { s3: { bucket: s3.bucket, region: s3.region, endpoint: s3.endpoint } } })
    const answer = await site.holdfast('backup')
    expect(answer.text).toMatch(/the certificate of localhost:\d+ is not trusted/)
    expect(answer.text).toContain('storage.s3.caFile')
  })

  test('a wrong region is corrected by name, on a fake that answers as AWS does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-fake-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const authority = await makeAuthority({ directory: folder })
    const { certificateFile, keyFile } = await makeCertificate({ directory: folder, authority })
    const fakeAws = createServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, (request, response) => {
      // As AWS answers a signature for another region (its API reference, AuthorizationHeaderMalformed).
      expect(request.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/eu-west-1\/s3\/aws4_request/)
      response.writeHead(400, { 'x-amz-bucket-region': 'ap-southeast-2' })
      response.end(
        "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'eu-west-1' is wrong; expecting 'ap-southeast-2'</Message><Region>ap-southeast-2</Region></Error>",
      )
    })
    const endpoint = await listen(fakeAws)
    const site = await siteFor({ s3: { ...s3, endpoint, region: 'eu-west-1', caFile: authority.certificateFile } })
    const answer = await site.holdfast('backup')
    expect(answer.exitCode).toBe(78)
    expect(answer.text).toContain('does not live in region eu-west-1')
    expect(answer.text).toContain('set storage.s3.region to ap-southeast-2')
  })
})

test('a wrong passphrase ends with 12, and the repository is untouched', async () => {
  const site = await siteFor({})
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  writeSecret(site.root, 'restic.key', 'another passphrase entirely')
  const answer = await site.holdfast('backup')
  expect(answer.exitCode).toBe(12)
  expect(answer.text).toContain('restic.key')
  expect((await site.holdfast('points')).exitCode).toBe(12)
  expect((await site.holdfast('restore', 'documents', '--to', join(site.root, 'back'))).exitCode).toBe(12)
  expect((await site.holdfast('setup', 'apply', '--yes')).exitCode).toBe(12)
})

/** A small file system of its own. */
function mountSmall(folder: string, size: string): void {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'holdfast-test', folder])
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
}

/** Until the archive has all that was written. A failed segment is tried again a minute later, or as soon as there is another one. */
async function archived({ cluster }: TestSite): Promise<void> {
  const waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
  await cluster.query('SELECT pg_create_restore_point($$now$$), pg_switch_wal()')
  while ((await cluster.query(waiting)) !== '0') await new Promise((resolve) => setTimeout(resolve, 100))
}

describe('a full disk', () => {
  test.each(pairs)(
    'under the repository of files with $name: told, nothing lost, and good again when there is space',
    async (which) => {
      const site = await createTestSite({ pair: which })
      onTestFinished(() => site.remove())
      mountSmall(join(site.root, 'storage'), '40M')
      await site.ask('setup', 'apply', '--yes')
      await site.ask('backup')
      writeFileSync(join(site.documents, 'large'), randomBytes(80_000_000))
      const answer = await site.holdfast('backup')
      expect(answer.exitCode).toBe(3)
      expect(answer.text).toContain('no space is left')
      expect(answer.text).toContain('df -h')
      rmSync(join(site.documents, 'large'))
      execFileSync('mount', ['-o', 'remount,size=200M', join(site.root, 'storage')])
      expect((await site.ask('backup')).run.outcome).toBe('done')
      const target = join(site.root, 'back')
      const [first] = (await site.ask('points')).components[0].points
      await site.ask('restore', 'documents', '--point', first.id, '--to', target)
      expect(readFileSync(join(target, site.documents, 'letter.txt'), 'utf8')).toBe('dear all\n')
    },
  )

  test.each(pairs)('under the repository of a database with $name: the same', async (which) => {
    const site = await createTestSite({ pair: which, database: true, files: {} })
    onTestFinished(() => site.remove())
    const disk = join(site.root, 'storage')
    mountSmall(disk, '600M')
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    await site.cluster.query(
      'CREATE TABLE bulk AS SELECT n, md5(n::text) || md5((n * 7)::text) AS text FROM generate_series(1, 300000) n',
    )
    await archived(site)
    // Room for a few segments of WAL, so that it is the backup that meets the end of the disk and not the archiving before it.
    const { blocks, bfree, bsize } = statfsSync(disk)
    execFileSync('mount', ['-o', `remount,size=${(blocks - bfree) * bsize + 8_000_000}`, disk])
    const answer = await site.holdfast('backup', '--json')
    expect(answer.exitCode).toBe(3)
    expect(answer.json.run.steps[0]).toMatchObject({ outcome: 'failed', errors: [{ code: 'storage-full' }] })
    execFileSync('mount', ['-o', 'remount,size=600M', disk])
    await archived(site)
    expect((await site.ask('backup')).run.outcome).toBe('done')
    await site.ask('restore', 'database', '--to', join(site.root, 'back'))
  })

  test.each(['state', 'cache'])('under %s: refused before an engine starts', async (folder) => {
    const site = await siteFor({})
    await site.ask('setup', 'apply', '--yes')
    mountSmall(join(site.root, folder), '8M')
    const answer = await site.holdfast('backup')
    expect(answer.text).toMatch(/are free in .*, and .* needs 67.1 MB/)
    expect(answer.exitCode).toBe(folder === 'state' ? 1 : 3)
  })

  test('under the target of a restore: refused before anything is written', async () => {
    const site = await siteFor({ pair: pairs.at(-1) as typeof pair })
    writeFileSync(join(site.documents, 'large'), randomBytes(30_000_000))
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    const target = join(site.root, 'small')
    mountSmall(target, '8M')
    const answer = await site.holdfast('restore', 'documents', '--to', target)
    expect(answer.text).toMatch(/the restore needs 30/)
    expect(readdirSync(target)).toEqual([])
  })
})

test('a storage whose disk is not mounted is missing, not new and green', async () => {
  const site = await siteFor({})
  const disk = join(site.root, 'storage')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'holdfast-test', disk])
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  execFileSync('umount', [disk])
  const answer = await site.holdfast('backup')
  expect(answer.exitCode).toBe(10)
  expect(answer.text).toContain('is the disk mounted')
  expect(existsSync(join(disk, site.name))).toBe(false)
})
