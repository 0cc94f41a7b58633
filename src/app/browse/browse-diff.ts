import { defined } from '../../domain/defined.ts'
import type { PointDifference, SizedChange } from '../../contract/browse.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import type { Bytes } from '../../domain/size.ts'
import type { EntryChange } from '../../domain/snapshot-entry.ts'
import { pointName, type Browser } from './browse.ts'
import type { AppContext } from '../site/context.ts'
import { latestPoint, namedPoint } from '../component/restore-point.ts'

/** Sizes are asked for path by path, and every path costs a look at each name beside it: so only for as many. */
const sizedChanges = 500

/** What changed on the way from one point to another; without the other, to the newest. */
export async function compare(
  context: AppContext,
  browser: Browser,
  wish: { from: string; to: string | undefined; limit: number },
): Promise<PointDifference> {
  const { component, browsing, points, work } = browser
  const from = namedPoint(points, wish.from)
  const to = wish.to === undefined ? latestPoint(points, context) : namedPoint(points, wish.to)
  if (from.id === to.id) {
    throw new HoldfastError('usage', 'a point does not differ from itself', {
      hint: `holdfast points ${component.name} lists the others`,
    })
  }
  const changes: EntryChange[] = []
  let more = 0
  const totals = await browsing.diff(
    from,
    to,
    (change) => {
      if (changes.length < wish.limit) changes.push(change)
      else more += 1
    },
    work,
  )
  const asked = changes.slice(0, sizedChanges).filter(({ folder }) => !folder)
  const [before, after] = await Promise.all([sizesIn(browser, from, asked, 'added'), sizesIn(browser, to, asked, 'removed')])
  const sized = changes.map((change): SizedChange => {
    const beforeBytes = before.get(change.path)
    const afterBytes = after.get(change.path)
    return {
      ...change,
      ...defined({ beforeBytes, afterBytes }),
    }
  })
  return { component: component.name, before: pointName(from), after: pointName(to), changes: sized, more, totals }
}

/** @param lacking changes that leave nothing to look for in this point */
async function sizesIn(
  { browsing, work }: Browser,
  point: RestorePoint,
  changes: readonly EntryChange[],
  lacking: EntryChange['change'],
): Promise<Map<string, Bytes>> {
  const paths = changes.filter(({ change }) => change !== lacking).map(({ path }) => path)
  const sizes = new Map<string, Bytes>()
  await browsing.findPaths(
    [point],
    paths,
    (_point, { path, sizeBytes }) => {
      if (sizeBytes !== undefined) sizes.set(path, sizeBytes)
    },
    work,
  )
  return sizes
}
