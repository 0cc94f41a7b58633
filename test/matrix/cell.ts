import { processesWith, until } from '../support/processes.ts'
import type { Answer } from '../support/test-site.ts'
import type { Ending, Fault } from './faults.ts'
import type { Moment } from './gates.ts'
import type { Household } from './household.ts'

export const steps = ['database', 'documents'] as const
export const moments: readonly Moment[] = ['before', 'during', 'after']

export interface Cell {
  readonly step: (typeof steps)[number]
  readonly moment: Moment
  readonly fault: Fault
}

export interface CellResult {
  readonly cell: Cell
  readonly ending: Ending
  /** Outcomes of the components, as the journal has them. */
  readonly outcomes: string
  /** The first line of what Discord was told; empty when there was nothing to tell. */
  readonly alert: string
  readonly healed: readonly string[]
}

const engineOf = { database: 'pgbackrest', documents: 'restic' } as const

/**
 * One fault at one place of a run. Throws what isn't as promised: the run ends as it may, the journal is true, the next run is
 * done. That every earlier point still restores is seen at the end, over all cells.
 */
export async function live(household: Household, cell: Cell): Promise<CellResult> {
  const { fault } = cell
  await household.change()
  const before = new Set(household.journalLines())
  const toldBefore = household.discord.messages.length
  const answer = await runInto(household, cell)
  const records = household
    .journalLines()
    .filter((line) => !before.has(line))
    .map((line) => JSON.parse(line))
  const ending = endingOf(answer, records)
  require(fault.ending.includes(ending), `the run ended ${ending} (${answer.exitCode ?? answer.signal}):\n${answer.text}`)
  if (ending === 'killed') await noEngineIsLeft(household)
  else household.learn(answer.json)
  await requireTrue(household, answer, records)
  const alert = await requireTold(household, ending, records, toldBefore)
  const healing = await household.start('backup', '--json').ended
  require(healing.exitCode === 0 && healing.json.run.outcome === 'done', `the next run was not done:\n${healing.text}`)
  household.learn(healing.json)
  if (ending === 'killed') await household.start('watch').ended
  const open = household.openIncidents().filter((subject) => /^(run|site|retention)\/|run-killed/.test(subject))
  require(open.length === 0, `nobody was told that it is over: ${open.join(', ')}`)
  const { run } = healing.json
  return {
    cell,
    ending,
    outcomes: outcomesOf(records),
    alert,
    healed: [...run.healed, ...run.steps.flatMap((step: { healed: string[] }) => step.healed)],
  }
}

async function runInto(household: Household, { step, moment, fault }: Cell): Promise<Answer> {
  const { gates } = household
  // What needs no run happens before Holdfast looks at anything; after the step before, for a later one.
  const early = moment === 'before' && !fault.needsRun
  const gate = early && step === 'documents' ? (['pgbackrest', 'after'] as const) : ([engineOf[step], moment] as const)
  try {
    if (early && step === 'database') {
      await fault.begin(household, undefined)
      return await household.start('backup', '--json').ended
    }
    gates.close(...gate)
    const run = household.start('backup', '--json')
    let hasEnded = false
    void run.ended.then(() => (hasEnded = true))
    require(await gates.reached(...gate, () => hasEnded), `no engine came to ${gate.join(', ')}`)
    await fault.begin(household, run)
    gates.openAll()
    return await run.ended
  } finally {
    gates.openAll()
    await fault.end(household)
  }
}

function endingOf(answer: Answer, records: readonly Answer['json'][]): Ending {
  if (answer.signal === 'SIGKILL') return 'killed'
  const ended = records.find((record) => record.type === 'run-ended')
  if (answer.exitCode === 130 && ended?.result.outcome === 'interrupted') return 'interrupted'
  return answer.exitCode === 0 && ended?.result.outcome === 'done' ? 'unharmed' : 'told'
}

/**
 * What a killed Holdfast leaves ends by itself. A worker of pgBackRest whose job failed meanwhile does so only when it tries again, 15
 * seconds later; a run would wait for that, but here patience is short.
 */
async function noEngineIsLeft(household: Household): Promise<void> {
  await until(() => processesWith(household.site.root, ' backup').length === 0)
}

/** The journal says what is: every point it claims is there, and every component without one has a cause and a hint. */
async function requireTrue(household: Household, answer: Answer, records: readonly Answer['json'][]): Promise<void> {
  const points = await household.points()
  const ended = records.filter((record) => record.type === 'step-ended').map((record) => record.result)
  for (const step of ended) {
    if (step.outcome === 'done' || step.outcome === 'partial') {
      const listed = points[step.component as 'database'] ?? []
      require(listed.some((id) =>
        id.startsWith(step.point?.id),
      ), `${step.component} claims ${step.point?.id}, and there are ${listed.join(', ')}`)
    }
    if (step.outcome !== 'done') {
      require(step.errors.length > 0, `${step.component} is ${step.outcome} without a cause`)
      for (const { message, hint, code } of step.errors)
        require(code === 'interrupted' || (message && hint), `an error without a hint: ${code} ${message}`)
    }
  }
  const began = records.filter((record) => record.type === 'run-began')
  const isWhole = answer.signal === null || answer.signal === undefined
  require(!isWhole || records.some((record) => record.type === 'run-ended') === began.length > 0, 'a run began and has no end')
}

/** Whoever should hear of it has heard. A killed run can't tell; the watch does, and here it looks at once. */
async function requireTold(
  household: Household,
  ending: Ending,
  records: readonly Answer['json'][],
  toldBefore: number,
): Promise<string> {
  if (ending === 'killed') await household.start('watch').ended
  const told = household.toldSince(toldBefore)
  if (ending === 'unharmed' || ending === 'interrupted') return told[0]?.split('\n')[0] ?? ''
  require(told.length > 0, 'nobody was told')
  const all = told.join('\n')
  if (ending === 'killed') require(all.includes('was killed before its end'), `of the killed run nothing was told:\n${all}`)
  for (const { component, outcome } of records.filter(({ type }) => type === 'step-ended').map(({ result }) => result))
    require(outcome === 'done' || all.includes(`${component} `), `nothing was told of ${component}:\n${all}`)
  return told[0]?.split('\n')[0] ?? ''
}

const outcomesOf = (records: readonly Answer['json'][]): string =>
  records
    .filter((record) => record.type === 'step-ended')
    .map((record) => `${record.result.component} ${record.result.outcome}`)
    .join(', ')

function require(holds: unknown, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}
