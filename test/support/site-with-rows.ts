import { inject, onTestFinished } from 'vitest'
import { startCluster } from '../../src/demo/cluster.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import type { EnginePair } from './engines.ts'
import { createTestSite, type TestSite } from './test-site.ts'

const place = createLocalPlace()
const { signal } = new AbortController()

/** A site whose database has a table `rows`, empty, and one backup; removed with the test. By the newer engines. */
export async function siteWithRows(): Promise<TestSite> {
  const site = await createTestSite({ pair: inject('pairs').at(-1) as EnginePair, database: true, files: {} })
  onTestFinished(() => site.remove())
  await site.cluster.query('CREATE TABLE rows (id int)')
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  return site
}

/** Inserts a row, ends the segment, and waits until PostgreSQL is rid of it. */
export async function insertArchived({ cluster }: TestSite, id: number): Promise<string> {
  await cluster.query(`INSERT INTO rows VALUES (${id})`)
  const segment = await cluster.query('SELECT pg_walfile_name(pg_switch_wal())')
  const waits = `SELECT EXISTS (SELECT FROM pg_ls_archive_statusdir() WHERE name = '${segment}.ready')`
  while ((await cluster.query(waits)) === 't') await new Promise((resolve) => setTimeout(resolve, 100))
  return segment
}

/** What a restored cluster answers, which is started for it. */
export async function answerOf({ cluster }: TestSite, directory: string, sql: string): Promise<string> {
  const { majorVersion } = cluster
  const copy = await startCluster({ place, signal, folder: `${directory}-socket`, dataDirectory: directory, majorVersion })
  try {
    return await copy.query(sql)
  } finally {
    await copy.stop()
  }
}

/** The rows of a restored cluster: `1,2,3`. */
export const rowsOf = (site: TestSite, directory: string): Promise<string> =>
  answerOf(site, directory, "SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM rows")
