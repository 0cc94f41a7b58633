import { onTestFinished } from 'vitest'
import { checkDay, type DayChecks } from './checks.ts'
import { removeLeftSemaphores } from './fake-clock.ts'
import { Life, type LifeOptions } from './life.ts'
import { restoreEverything } from './restores.ts'
import type { SimulatedDay } from './scenario.ts'

/** What a day came to, for the table. */
export interface DayResult extends DayChecks {
  readonly date: string
  readonly happened: readonly string[]
  readonly restored: number
}

/** Lives through all days of a scenario. Throws at the first promise that is broken, with the day on which it was. */
export async function simulate(options: LifeOptions, onDay: (result: DayResult) => void): Promise<void> {
  const life = await Life.begin(options)
  // Also when the test runs out of time.
  onTestFinished(() => life.site.remove())
  for (const day of options.scenario.days) {
    try {
      onDay(await liveThrough(life, day))
    } catch (error) {
      throw new Error(`${day.date} (seed ${options.seed}): ${(error as Error).message}`, { cause: error })
    }
  }
}

async function liveThrough(life: Life, day: SimulatedDay): Promise<DayResult> {
  const { date, backupAt, incidents } = day
  if (incidents.has('off')) {
    await life.switchOff()
    return { date, happened: ['off'], restored: 0, removed: 0 }
  }
  removeLeftSemaphores()
  const before = { existing: life.existing(), journalLength: life.site.journal().length }
  const happened: string[] = []
  if (await life.switchOn()) happened.push('on again')
  if (incidents.has('upgraded')) {
    await life.upgrade()
    happened.push('engines upgraded')
  }
  const isLate = backupAt > '18:00'
  if (!isLate) happened.push(...(await nightly(life, day)))
  await work(life, date)
  if (incidents.has('hole')) {
    await life.loseWal(date)
    happened.push('WAL lost')
  }
  if (isLate) happened.push('late', ...(await nightly(life, day)))
  if (incidents.has('back in time')) {
    await life.goBackInTime()
    await life.retain()
    happened.push('back in time')
  }
  const checks = await checkDay(life, before)
  const restored = incidents.has('sampled') ? await restoreEverything(life) : 0
  return { date, happened, restored, ...checks }
}

/** What timers do: a run, and with it retention, which then has nothing left to do. */
async function nightly(life: Life, { date, backupAt, incidents }: SimulatedDay): Promise<string[]> {
  life.advance(date, backupAt)
  if (incidents.has('missed')) return ['no run']
  if (incidents.has('failed')) {
    await life.failingRun()
    await life.retain()
    return ['failed run']
  }
  if (incidents.has('killed')) {
    await life.killedRun()
    await life.retain()
    return ['killed run']
  }
  const happened: string[] = []
  let isRetained = await life.run({ pinned: incidents.has('pinned') })
  if (incidents.has('pinned')) happened.push('pinned')
  if (incidents.has('double')) {
    life.site.clock.advanceTo(life.site.clock.now() + 3_600_000)
    isRetained = await life.run()
    happened.push('double run')
  }
  if (!isRetained && (await life.retain())) happened.push('clock confirmed')
  // Each is a run of its own, and what it would find does not depend on the day.
  if (isDayToLookTwice(date)) await life.retainAgain()
  return happened
}

const isDayToLookTwice = (date: string): boolean => Number(date.slice(-2)) % 3 === 0

/** A day's work: files, and two transactions with hours between. */
async function work(life: Life, date: string): Promise<void> {
  life.advance(date, '10:20')
  life.churn(date)
  await life.commit(date)
  await life.archive()
  life.advance(date, `1${life.chance.between(2, 7)}:${life.chance.between(10, 59)}`)
  await life.commit(date)
  await life.archive()
}
