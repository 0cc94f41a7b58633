import { askDatabase, countRows, identifier, loadCommand } from '../../../sources/postgres/tables.ts'
import type { DatabasePlan, TargetOf } from '../plan.ts'
import { restoredAs, type DatabaseTools } from '../proof.ts'
import type { Restored, RestoredTable } from '../request.ts'
import { partFile, runClient, withDump } from './part.ts'

type Target = TargetOf<'live-database'>

/** One database, or tables of it, loaded into a database of the live server in one transaction. */
export const partIntoLiveDatabase = (tools: DatabaseTools) => ({
  apply: (plan: DatabasePlan<Target>): Promise<Restored> => {
    const { target } = plan
    return withDump(tools, plan, { file: partFile(target), owner: plan.owner }, async (cluster, tables) => {
      const restored = restoredAs(plan, cluster)
      const notes = await load(tools, target, cluster.majorVersion, tables)
      return { ...restored, target: target.database, places: [], tables, notes: [...restored.notes, ...notes] }
    })
  },
})

async function load(tools: DatabaseTools, target: Target, majorVersion: string, tables: readonly RestoredTable[]) {
  const { context, component, work } = tools
  const { database, replaces, isThere } = target
  const server = await context.serverOf(component)
  const ask = (sql: string) => server.query(sql, { deadlineMs: component.deadline })
  const name = identifier(database)
  if (!isThere) await ask(`CREATE DATABASE ${name} TEMPLATE template0`)
  try {
    const loading = { majorVersion, file: partFile(target), replaces, runAs: server.address.owner }
    await runClient(tools, loadCommand({ server, database }, loading), `pg_restore into ${database}`)
  } catch (error) {
    if (!isThere) await ask(`DROP DATABASE ${name}`).catch(() => undefined)
    throw error
  }
  work.report({ note: 'counting rows in the live database' })
  const counts = await countRows(
    askDatabase(server, database, component.deadline),
    tables.map((table) => table.name),
  )
  return tables
    .filter((table) => counts.get(table.name) !== table.rows)
    .map(
      (table) => `${table.name} has ${counts.get(table.name)} rows now; ${table.rows} were loaded: somebody writes to it already`,
    )
}
