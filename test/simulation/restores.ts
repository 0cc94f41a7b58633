import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { digestOfFolder, Ledger } from './household.ts'
import { commitAt } from './promises.ts'
import { isoSecond, type Life } from './life.ts'

const secondsTried = 3

/** What is restored, how it is asked for, and what must come of it. */
interface Wish {
  readonly component: 'documents' | 'database'
  readonly words: readonly string[]
  readonly expected: string
}

/** Restores every point that is there, and some seconds between them, and compares each with what is remembered of it. */
export async function restoreEverything(life: Life): Promise<number> {
  const existing = life.existing()
  const points = life.taken
    .filter((point) => existing[point.component].includes(point.id))
    .map(({ component, id, digest }): Wish => ({ component, words: ['--point', id], expected: digest }))
  const wishes = [...points, ...seconds(life)]
  const all = (component: string) => wishes.filter((wish) => wish.component === component)
  await Promise.all([restoreInTurn(life, all('documents')), restoreInTurn(life, all('database'))])
  return wishes.length
}

async function restoreInTurn(life: Life, wishes: readonly Wish[]): Promise<void> {
  const { site } = life
  for (const { component, words, expected } of wishes) {
    const folder = join(site.root, `back-${component}`)
    const target = join(folder, 'target')
    mkdirSync(folder)
    await life.restore(component, words, target)
    const found =
      component === 'documents'
        ? digestOfFolder(join(target, site.documents))
        : await site.cluster.askCopy(target, join(folder, 'socket'), Ledger.question)
    if (found !== expected) throw new Error(`${component} ${words.join(' ')} was restored as ${found}, and it held ${expected}`)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Seconds by chance out of the promised days, none so near to a commit that it could be before or after it. */
function seconds({ site, scenario, eras, chance }: Life): Wish[] {
  const since = site.clock.now() - scenario.policy.daily * 86_400_000
  const found: Wish[] = []
  for (const era of eras) {
    const from = Math.ceil(Math.max(era.from, since) / 1000)
    const length = Math.floor(era.to / 1000) - from
    if (length <= 0) continue
    for (let tries = 0; tries < secondsTried;) {
      const at = (from + chance.below(length)) * 1000
      if (era.commits.some((commit) => Math.abs(commit.at - at) < 3000)) continue
      found.push({ component: 'database', words: ['--at', isoSecond(at)], expected: commitAt(era, at).digest })
      tries += 1
    }
  }
  return found
}
