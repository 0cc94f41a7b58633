import { HoldfastError } from '../domain/errors.ts'
import type { RestorePoint } from '../domain/restore-point.ts'
import { bytes, type Bytes } from '../domain/size.ts'

/** As much as fits beside a point, and into an engine's own listing. */
const longestReason = 200

/** Why a point is pinned, as a person gave it: one line with something in it. Throws `usage` for anything else. */
export function pinReason(text: string): string {
  const reason = text.trim()
  if (reason === '') {
    throw new HoldfastError('usage', 'a pin needs a reason', {
      hint: "such as 'before upgrade to 16': who finds it in two years?",
    })
  }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(reason)) {
    throw new HoldfastError('usage', 'the reason of a pin is one line, without control characters', {
      hint: 'leave out line breaks and tabs',
    })
  }
  if (reason.length > longestReason) {
    throw new HoldfastError('usage', `the reason of a pin has ${reason.length} characters; ${longestReason} are the most`, {
      hint: 'say it shorter, and keep the long story elsewhere',
    })
  }
  return reason
}

/**
 * What a point keeps in the repository: what it added, and what all those added that it needs. What it shares with other
 * points is not in it. Undefined when the engine did not record that.
 */
export function keptBytes(point: RestorePoint, points: readonly RestorePoint[]): Bytes | undefined {
  const needed = [point, ...points.filter(({ id }) => point.dependsOn.includes(id))]
  const added = needed.map(({ addedBytes }) => addedBytes)
  return added.includes(undefined) ? undefined : bytes(added.reduce<number>((sum, some) => sum + (some ?? 0), 0))
}
