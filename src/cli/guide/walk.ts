import { HoldfastError, isHoldfastError } from '../../domain/errors.ts'
import { back } from './ask-screen.ts'
import type { Draft } from './draft.ts'

/** What a step makes of the answers so far; `asked` when somebody had to answer. */
interface Stepped {
  readonly draft: Draft
  readonly asked: boolean
}

export type Step = (draft: Draft) => Promise<Stepped | typeof back>

export const unasked = (draft: Draft): Stepped => ({ draft, asked: false })

/** One step after the other; Escape leads back to the last that asked something, and out of the first. */
export async function walk(steps: readonly Step[]): Promise<Draft> {
  const asked: { readonly index: number; readonly draft: Draft }[] = []
  let draft: Draft = {}
  let index = 0
  for (let step = steps[index]; step !== undefined; step = steps[index]) {
    const answered = await step(draft)
    if (answered === back) {
      const last = asked.pop()
      if (last === undefined) throw new HoldfastError('interrupted', 'left; nothing was restored')
      ;({ index, draft } = last)
    } else {
      if (answered.asked) asked.push({ index, draft })
      ;({ draft } = answered)
      index += 1
    }
  }
  return draft
}

/** Why something cannot be, in the words of its error and its hint. */
export function complaintOf(attempt: () => void): string | undefined {
  try {
    attempt()
    return undefined
  } catch (error) {
    if (!isHoldfastError(error)) throw error
    return error.hint === undefined ? error.message : `${error.message}; ${error.hint}`
  }
}
