import { describe, expect, test } from 'vitest'
import type { Change } from '../../domain/plan.ts'
import { chooseChanges } from './apply.ts'

const change = (subject: string, more: Partial<Change> = {}): Change => ({
  ...{ action: 'set', subject, reason: 'because', apply: async () => undefined },
  ...more,
})

describe('what setup apply does now, and what it leaves for later', () => {
  const plain = change('a file')
  const restart = change('wal_level', { interrupts: 'PostgreSQL restarts' })
  const stanza = change('the stanza', { needs: restart })
  const repository = change('the repository', { needs: stanza })
  const byPerson = change('the image', { byHand: true })
  const all = [plain, restart, stanza, repository, byPerson]

  /** Subjects that are wanted, and those that wait with what for; whom somebody was asked about. */
  async function chosen(changes: readonly Change[], answer: boolean) {
    const asked: string[] = []
    const { wanted, postponed } = await chooseChanges(changes, async ({ subject }) => {
      asked.push(subject)
      return answer
    })
    return {
      asked,
      wanted: wanted.map(({ subject }) => subject),
      postponed: postponed.map((one) => [one.change.subject, one.waitsFor?.subject]),
    }
  }

  test('everything at once, when an interruption is agreed to', async () => {
    expect(await chosen([plain, restart, stanza, repository], true)).toEqual({
      asked: ['wal_level'],
      wanted: ['a file', 'wal_level', 'the stanza', 'the repository'],
      postponed: [],
    })
  })

  test('an interruption that is refused takes along whatever needs it, however far away', async () => {
    expect(await chosen(all, false)).toEqual({
      asked: ['wal_level'],
      wanted: ['a file'],
      postponed: [
        ['wal_level', undefined],
        ['the stanza', 'wal_level'],
        ['the repository', 'the stanza'],
        ['the image', undefined],
      ],
    })
  })

  test('nobody is asked about what has to wait, or about what only a person can do', async () => {
    const dependent = change('a second restart', { needs: byPerson, interrupts: 'PostgreSQL restarts again' })
    expect(await chosen([byPerson, dependent], true)).toEqual({
      asked: [],
      wanted: [],
      postponed: [
        ['the image', undefined],
        ['a second restart', 'the image'],
      ],
    })
  })
})
